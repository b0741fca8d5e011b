"""Evaluations in the console: started, watched, read; and a ticket's case by one click."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agent.evaluation import records
from agent.models import EvaluationCase, EvaluationRun
from crm.models import User
from knowledge.models import Article
from tickets.models import Ticket
from tickets.services import resolve_ticket

RUNS = "/admin/agent/evaluationrun/"
CASES = "/admin/agent/evaluationcase/"


@pytest.fixture
def case(help_centre: dict[str, Article]) -> EvaluationCase:
    case = EvaluationCase.objects.create(message="How do I export a board to Excel?")
    case.articles.add(help_centre["exports/export-board"])
    return case


@pytest.fixture
def run_pass(client: Client, carol: User, run_jobs: Callable[[], int]) -> Callable[[], Any]:
    """Carol starts a pass over the console's cases; returns the page once it is done."""

    def run() -> Any:
        client.force_login(carol)
        page = client.post(f"{RUNS}start/", {"suite": "collected"})["Location"]
        assert "0 of 0 cases" in client.get(page).content.decode()
        run_jobs()
        return client.get(page).content.decode()

    return run


@pytest.mark.usefixtures("case")
def test_a_pass_is_started_and_read(client: Client, run_pass: Callable[[], str]) -> None:
    shown = run_pass()
    assert "right in all" in shown
    assert "100.0 %" in shown
    assert "every 2s" not in shown
    result = EvaluationRun.objects.get().results.get()
    story = client.get(f"{RUNS}{result.run_id}/case/{result.pk}/").content.decode()
    assert "How do I export a board to Excel?" in story
    assert "searched the knowledge" in story


def test_what_turned_stands_beside_what_was(
    client: Client, run_pass: Callable[[], str], case: EvaluationCase
) -> None:
    run_pass()
    Article.objects.update(state="archived")
    shown = run_pass()
    assert "now wrong" in shown
    assert "<s>send: exports/export-board</s> → hand_over: no_knowledge" in shown
    assert "-100.0" in shown
    result = EvaluationRun.objects.latest("pk").results.get()
    story = client.get(f"{RUNS}{result.run_id}/case/{result.pk}/").content.decode()
    assert "Board menu &gt; Export" in story
    assert f"{CASES}{case.pk}/change/" in story


def test_cases_that_cannot_be_read_are_said(run_pass: Callable[[], str]) -> None:
    assert "collected holds no cases." in run_pass()


@pytest.mark.usefixtures("case")
def test_a_second_click_starts_no_second_pass(carol: User) -> None:
    first = records.request_evaluation(suite="collected", staff=carol, now=timezone.now())
    second = records.request_evaluation(suite="collected", staff=carol, now=timezone.now())
    assert first == second


def test_only_supervisors_start_and_read(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get(RUNS).status_code == 403
    assert client.post(f"{RUNS}start/", {"suite": "collected"}).status_code == 403
    assert client.get(CASES).status_code == 403


def test_no_other_file_is_read(client: Client, carol: User) -> None:
    client.force_login(carol)
    assert client.post(f"{RUNS}start/", {"suite": "/etc/passwd"}).status_code == 404


def test_a_file_that_was_once_tried_may_be_tried_again(
    client: Client, carol: User, tmp_path: Path
) -> None:
    suite = tmp_path / "of_our_own.yaml"
    suite.write_text("[]")
    records.begin_evaluation(suite=str(suite), staff=None, now=timezone.now())
    client.force_login(carol)
    assert f"Run {suite}" in client.get(RUNS).content.decode()
    assert client.post(f"{RUNS}start/", {"suite": str(suite)}).status_code == 302
    suite.unlink()
    assert f"Run {suite}" not in client.get(RUNS).content.decode()
    assert client.post(f"{RUNS}start/", {"suite": str(suite)}).status_code == 404


def test_a_finished_ticket_becomes_a_case(
    client: Client, bob: User, carol: User, ask: Callable[..., Ticket]
) -> None:
    ticket = ask("Do you sell cake?")
    page = f"/admin/tickets/ticket/{ticket.pk}/change/"
    make = f"{CASES}from-ticket/{ticket.pk}/"
    client.force_login(carol)
    assert "Make an evaluation case" not in client.get(page).content.decode()
    resolve_ticket(ticket=ticket, actor="carol", now=timezone.now())
    assert make in client.get(page).content.decode()
    edit = client.post(make)["Location"]
    assert "Do you sell cake?" in client.get(edit).content.decode()
    assert edit in client.get(page).content.decode()
    assert client.post(make)["Location"] == edit
    client.force_login(bob)
    assert make not in client.get(page).content.decode()
    assert client.post(make).status_code == 403


def test_lists_take_the_same_queries_for_any_length(
    client: Client, carol: User, case: EvaluationCase, django_assert_num_queries: Any
) -> None:
    for number in range(10):
        other = EvaluationCase.objects.create(message=f"Question {number}")
        other.articles.set(case.articles.all())
        records.begin_evaluation(suite="collected", staff=carol, now=timezone.now())
    client.force_login(carol)
    for path, queries in ((CASES, 6), (RUNS, 7)):
        client.get(path)  # what is kept for the process is read once
        with django_assert_num_queries(queries):
            client.get(path)
