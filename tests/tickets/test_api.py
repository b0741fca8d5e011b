"""GET /api/v1/tickets/{reference}."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from crm import services as crm
from crm.models import User
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

Ask = Callable[..., Ticket]


def read(client: Client, reference: str, key: str | None = None) -> Any:
    headers = {} if key is None else {"X-Ticket-Key": key}
    return client.get(f"/api/v1/tickets/{reference}", headers=headers)


def without_id(response: Any) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    return {name: value for name, value in error.items() if name != "correlation_id"}


def test_the_key_opens_the_ticket(client: Client, ask: Ask) -> None:
    ticket = ask("How do I export?")
    response = read(client, ticket.reference, ticket.access_key)
    body = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert list(body) == [
        "ticket_id",
        "status",
        "subject",
        "category",
        "priority",
        "created_at",
        "updated_at",
        "escalation",
        "messages",
    ]
    assert (body["ticket_id"], body["status"], body["escalation"]) == (
        ticket.reference,
        "open",
        None,
    )
    (message,) = body["messages"]
    assert list(message) == ["author", "text", "created_at", "sources"]
    assert (message["author"], message["text"]) == ("customer", "How do I export?")


def test_an_answer_has_its_sources(
    client: Client, ask: Ask, run_jobs: Callable[[], int], now: datetime
) -> None:
    ticket = ask()
    question = ticket.conversation.messages.get()
    answer = crm.queue_agent_reply(
        conversation=ticket.conversation,
        answers=question,
        text="Like this.",
        sources=[{"title": "Export", "url": "/help/export"}, {"title": "x", "url": "data:,x"}],
        now=now,
    )
    assert len(read(client, ticket.reference, ticket.access_key).json()["messages"]) == 1
    type(answer).objects.filter(pk=answer.pk).update(state="sent")
    body = read(client, ticket.reference, ticket.access_key).json()
    assert body["messages"][1]["author"] == "agent"
    assert body["messages"][1]["sources"] == [{"title": "Export", "url": "/help/export"}]


def test_a_hand_over_says_its_reason(client: Client, ask: Ask, now: datetime) -> None:
    ticket = ask()
    services.request_person(ticket=ticket, now=now)
    body = read(client, ticket.reference, ticket.access_key).json()
    assert body["status"] == "escalated"
    assert body["escalation"]["reason"] == "human_request"
    assert body["escalation"]["at"]


def test_notes_stay_inside(client: Client, ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    crm.add_note(conversation=ticket.conversation, staff=bob, text="internal", now=now)
    assert "internal" not in read(client, ticket.reference, ticket.access_key).content.decode()


def test_a_wrong_key_and_an_unknown_number_look_the_same(client: Client, ask: Ask) -> None:
    ticket = ask()
    other = ask("Another question")
    answers = [
        read(client, ticket.reference),
        read(client, ticket.reference, ""),
        read(client, ticket.reference, "wrong"),
        read(client, ticket.reference, other.access_key),
        read(client, ticket.reference, ticket.access_key + "é"),
        read(client, "TKT-9999", ticket.access_key),
        read(client, "nonsense", ticket.access_key),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert all(without_id(answer) == without_id(answers[0]) for answer in answers)


def test_a_wrong_key_costs_what_an_unknown_number_costs(
    client: Client, ask: Ask, django_assert_num_queries: Any
) -> None:
    ticket = ask()
    for reference in (ticket.reference, "TKT-9999"):
        with django_assert_num_queries(1):
            read(client, reference, "wrong")


def test_staff_read_without_a_key(client: Client, ask: Ask, bob: User) -> None:
    ticket = ask()
    client.force_login(bob)
    assert read(client, ticket.reference).json()["ticket_id"] == ticket.reference


def test_a_user_who_may_not_view_tickets_reads_nothing(client: Client, ask: Ask) -> None:
    ticket = ask()
    client.force_login(User.objects.create_user("eve"))
    assert read(client, ticket.reference).status_code == 404


def test_a_ticket_costs_three_queries(
    client: Client, ask: Ask, django_assert_num_queries: Any
) -> None:
    ticket = ask()
    with django_assert_num_queries(3):
        read(client, ticket.reference, ticket.access_key)


def test_other_methods_have_the_one_format(client: Client) -> None:
    response = client.delete("/api/v1/tickets/TKT-0001")
    assert response.status_code == 405
    assert response.json()["error"]["code"] == "method_not_allowed"
