"""What a person is told who takes a conversation from the agent."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from agent.handover.summary import choose_asked, find_trend
from agent.models import AgentRun, Handover
from crm.models import User
from tests.agent.conftest import write_article
from tickets.models import Ticket
from tickets.services import close_ticket

pytestmark = pytest.mark.usefixtures("help_centre")

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]
WriteOn = Callable[[Ticket, str], None]


@pytest.mark.parametrize(
    ("texts", "asked"),
    [
        (("Hello,\nthe board is gone. Can you bring it back?\nThanks",), "Can you bring it back?"),
        (("One? Two? Three?",), "Two? Three?"),
        (("Hi\nThe export stops at half.\nBest regards",), "The export stops at half."),
        (("Hi",), "A subject"),
    ],
)
def test_what_was_asked(texts: tuple[str, ...], asked: str) -> None:
    assert choose_asked(texts, subject="A subject") == asked


@pytest.mark.parametrize(
    ("scores", "trend"),
    [((0.1,), ""), ((0.2, -0.5), "worse"), ((-0.6, 0.1), "better"), ((0.1, 0.0), "steady")],
)
def test_the_trend(scores: tuple[float, ...], trend: str) -> None:
    assert find_trend(scores) == trend


def test_a_hand_over_tells_asked_tried_found_and_felt(
    ask: Ask, answer: Answer, write_on: WriteOn
) -> None:
    ticket = ask("How do I export a board?", subject="Export")
    answer(ticket)
    write_on(ticket, "Hello,\nI already tried that twice. Do you accept Bitcoin for exports?")
    run = answer(ticket)
    handover = run.handover
    assert handover.asked == "Do you accept Bitcoin for exports?"
    assert handover.tried == ["I already tried that twice."]
    assert [source["title"] for source in handover.answered] == [
        "How do I export a board to Excel or CSV?"
    ]
    assert handover.searches
    assert handover.passages[0]["title"] == "How do I export a board to Excel or CSV?"
    assert 0 < handover.passages[0]["fit"] < 1
    assert handover.trend in Handover.Trend.values


def test_an_answer_that_is_sent_leaves_none(ask: Ask, answer: Answer) -> None:
    assert answer(ask("Where do I find my invoice?")).decision == "send"
    assert not Handover.objects.exists()


def test_case_56_staff_are_told_which_two_articles_disagree(
    ask: Ask, answer: Answer, client: Client, bob: User
) -> None:
    write_article(
        "team/old-invite",
        "Inviting members",
        "public",
        "An invitation is valid for 14 days. Then send a new invitation.",
    )
    ticket = ask("How long is an invitation valid?", subject="Invitation")
    handover = answer(ticket).handover
    assert {found["title"] for found in handover.disagreeing} == {
        "How do I invite people to my workspace?",
        "Inviting members",
    }
    client.force_login(bob)
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert "These articles contradict each other" in shown
    for found in handover.disagreeing:
        assert f"/admin/knowledge/article/{found['article']}/change/" in shown


def test_case_53_a_person_who_was_wished_for_is_told_so_on_top(
    ask: Ask, answer: Answer, client: Client, bob: User
) -> None:
    ticket = ask("Can I talk to a real person? It is about exporting a board.")
    answer(ticket)
    client.force_login(bob)
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert shown.index("Can I talk to a real person?") < shown.index('id="timeline"')
    assert "it did not search" in shown


def test_case_57_only_a_proven_writer_is_shown_with_other_channels(
    ask: Ask, answer: Answer, client: Client, bob: User
) -> None:
    ticket = ask("Do you accept Bitcoin?", subject="Paying")
    answer(ticket)
    client.force_login(bob)
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert "not proven to be the owner" in shown
    assert "also on" not in shown


def test_only_staff_read_it_by_the_api(ask: Ask, answer: Answer, client: Client, bob: User) -> None:
    ticket = ask("Do you accept Bitcoin?", subject="Paying")
    answer(ticket)
    path = f"/api/v1/tickets/{ticket.reference}/handover"
    key = {"X-Ticket-Key": ticket.access_key}
    assert client.get(path, headers=key).status_code == 401
    assert "handover" not in client.get(f"/api/v1/tickets/{ticket.reference}", headers=key).json()
    client.force_login(bob)
    told = client.get(path).json()
    assert (told["asked"], told["reason"]) == ("Do you accept Bitcoin?", "no_knowledge")
    assert client.get("/api/v1/tickets/TKT-9999/handover").status_code == 404


def test_each_ticket_of_a_conversation_has_its_own(
    ask: Ask, answer: Answer, client: Client, bob: User
) -> None:
    first = ask("Do you accept Bitcoin?", subject="Paying")
    answer(first)
    now = timezone.now()
    close_ticket(ticket=first, actor="bob", now=now)
    later = Ticket.objects.create(
        number=first.number + 1,
        conversation=first.conversation,
        subject="Another matter",
        created_at=now,
        updated_at=now,
    )
    client.force_login(bob)
    assert client.get(f"/api/v1/tickets/{later.reference}/handover").status_code == 404
    question = first.conversation.messages.earliest("pk")
    run = AgentRun.objects.create(
        conversation=first.conversation, message=question, turn=0, started_at=now
    )
    Handover.objects.create(run=run, asked="Another?")
    for ticket, asked in ((first, "Do you accept Bitcoin?"), (later, "Another?")):
        told = client.get(f"/api/v1/tickets/{ticket.reference}/handover").json()
        assert told["asked"] == asked
