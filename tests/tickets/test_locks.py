"""Two people, or a person and a customer, at one ticket at the same moment."""

import uuid
from collections.abc import Callable
from datetime import datetime

import pytest

from channels.web.submission import submit_reply
from crm import services as crm
from crm.models import Message, User
from tests.stage import beside
from tickets import services
from tickets.models import Ticket
from tickets.replies import send_reply

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., Ticket]


def write_on(ticket: Ticket, text: str, now: datetime) -> Message:
    token = str(uuid.uuid4())
    return submit_reply(ticket=ticket, text=text, files=(), token=token, now=now)


def test_resolving_waits_for_a_message_that_is_coming_in(ask: Ask, now: datetime) -> None:
    ticket = ask()
    seen = ticket.conversation.messages.get().pk
    with beside(
        lambda: services.resolve_ticket(ticket=ticket, actor="Bob", now=now, seen=seen)
    ) as start:
        message = write_on(ticket, "Wait", now)
        resolved = start()
    assert resolved.result() is False
    ticket.refresh_from_db()
    message.refresh_from_db()
    assert ticket.status == Ticket.Status.OPEN
    assert message.answered_at is None


def test_a_message_waits_for_who_resolves_and_reopens(ask: Ask, now: datetime) -> None:
    ticket = ask()
    message = ticket.conversation.messages.get()
    with beside(lambda: services.continue_ticket(message=message)) as start:
        services.resolve_ticket(ticket=ticket, actor="Bob", now=now)
        start()
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.OPEN
    assert ticket.events.filter(kind="reopened").exists()


def test_a_message_stands_behind_the_reply_that_was_first(
    ask: Ask, bob: User, now: datetime
) -> None:
    """Ids are given out under the lock: what a person has seen is all up to an id."""
    ticket = ask()
    with beside(lambda: write_on(ticket, "Wait", now)) as start:
        services.take_over_ticket(ticket=ticket, staff=bob, now=now)
        came = start()
        reply = services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now)
    assert came.result().pk > reply.pk
    assert ticket.conversation.messages.awaiting_answer().get() == came.result()


def test_a_double_click_at_the_same_moment_sends_once(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    seen = ticket.conversation.messages.get().pk

    def send() -> Message:
        return send_reply(ticket=ticket, staff=bob, text="So.", seen=seen, resolve=False, now=now)

    with beside(send) as start:
        first = send()
        second = start()
    assert second.result() == first
    assert ticket.conversation.messages.filter(author="staff").count() == 1


def test_two_who_take_over_at_once_are_two_turns(
    ask: Ask, bob: User, carol: User, now: datetime
) -> None:
    conversation = ask().conversation
    with beside(lambda: crm.take_over(conversation=conversation, staff=carol)) as start:
        crm.take_over(conversation=conversation, staff=bob)
        start()
    conversation.refresh_from_db()
    assert (conversation.turn, conversation.assigned_to) == (2, bob)
