"""Tickets that become cases: what is asked, what is expected, and nobody's data."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from agent.evaluation.collection import collect_cases, make_case
from agent.models import AgentRun, EvaluationCase
from crm.models import User
from knowledge.models import Article
from tickets.models import Ticket
from tickets.services import close_ticket, rate_ticket, reply_to_ticket, resolve_ticket

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]
Action = EvaluationCase.Action


def resolve(ticket: Ticket) -> Ticket:
    resolve_ticket(ticket=ticket, actor="bob", now=timezone.now())
    ticket.refresh_from_db()
    return ticket


def reply(ticket: Ticket, staff: User, text: str) -> None:
    reply_to_ticket(ticket=ticket, staff=staff, text=text, now=timezone.now())


def test_an_answer_that_stood_is_expected_again(
    ask: Ask, answer: Answer, help_centre: dict[str, Article], bob: User
) -> None:
    ticket = ask("How do I export a board to Excel?")
    answer(ticket)
    case = make_case(ticket=resolve(ticket), staff=bob)
    assert (case.expected_action, case.created_by) == (Action.ANSWER, bob)
    assert list(case.articles.all()) == [help_centre["exports/export-board"]]
    assert make_case(ticket=ticket, staff=bob) == case


@pytest.mark.usefixtures("help_centre")
def test_what_staff_answered_is_handed_over_for_the_same_reason(
    ask: Ask, answer: Answer, bob: User
) -> None:
    ticket = ask("I want my money back for last month.")
    answer(ticket)
    reply(ticket, bob, "It is on its way.")
    case = make_case(ticket=resolve(ticket), staff=bob)
    assert (case.expected_action, case.expected_reason) == (Action.HAND_OVER, "refund")


def test_staff_who_point_to_an_article_say_what_should_have_answered(
    ask: Ask, answer: Answer, help_centre: dict[str, Article], bob: User
) -> None:
    ticket = ask("Is there some sort of quantum flux for the teleporter?")
    answer(ticket)
    reply(ticket, bob, "Please read https://desk.example.com/help/billing/invoices/ first.")
    case = make_case(ticket=resolve(ticket), staff=bob)
    assert case.expected_action == Action.ANSWER
    assert list(case.articles.all()) == [help_centre["billing/invoices"]]


@pytest.mark.usefixtures("help_centre")
def test_an_answer_that_was_rated_badly_is_none_to_repeat(ask: Ask, answer: Answer) -> None:
    ticket = ask("How do I export a board to Excel?")
    answer(ticket)
    resolve(ticket)
    rate_ticket(ticket=ticket, score=1, comment="", now=timezone.now())
    assert make_case(ticket=ticket, staff=None).expected_action == Action.HAND_OVER


def test_personal_data_stays_behind(ask: Ask, bob: User) -> None:
    ticket = ask(
        "I am Alice Ahmed (alice@example.com, +49 30 901820), call me.\nRegards\nALICE",
        subject="Alice's invoice",
    )
    reply(ticket, bob, "Hello")
    case = make_case(ticket=resolve(ticket), staff=bob)
    assert case.subject == "[NAME]'s invoice"
    for private in ("alice", "Alice", "Ahmed", "ALICE", "901820"):
        assert private not in case.message
    assert "call me" in case.message


def test_finished_tickets_since_a_day_are_collected_once(ask: Ask, bob: User) -> None:
    for number in range(3):
        ticket = ask("A question", email=f"c{number}@example.com")
        reply(ticket, bob, "An answer")
        if number:
            close_ticket(ticket=ticket, actor="bob", now=timezone.now())
    since = timezone.now() - timedelta(hours=1)
    assert collect_cases(since=timezone.now() + timedelta(hours=1)) == 0
    assert collect_cases(since=since) == 2
    assert collect_cases(since=since) == 0
