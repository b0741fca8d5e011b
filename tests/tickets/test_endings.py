"""What a resolved or closed ticket leaves behind, and who answers what comes after it."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from channels.web.submission import submit_reply
from crm.models import Conversation, Message, User
from tickets import services, upkeep
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]
Status = Ticket.Status


def write_on(ticket: Ticket, text: str, now: datetime) -> Message:
    token = str(uuid.uuid4())
    return submit_reply(ticket=ticket, text=text, files=(), token=token, now=now)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("conversation").get(pk=ticket.pk)


def waiting(ticket: Ticket) -> list[Message]:
    return list(ticket.conversation.messages.awaiting_answer())


@pytest.mark.parametrize("end", [services.resolve_ticket, services.close_ticket])
def test_a_finished_ticket_has_settled_what_waited(
    end: Callable[..., bool], ask: Ask, now: datetime
) -> None:
    ticket = ask()
    assert end(ticket=ticket, actor="customer", now=now)
    assert waiting(ticket) == []


@pytest.mark.parametrize("end", [services.resolve_ticket, services.close_ticket])
def test_what_the_actor_has_not_read_is_not_settled(
    end: Callable[..., bool], ask: Ask, now: datetime
) -> None:
    ticket = ask()
    seen = waiting(ticket)[-1].pk
    later = write_on(ticket, "One more thing", now)
    assert not end(ticket=ticket, actor="Bob", now=now, seen=seen)
    assert later in waiting(ticket)
    assert not fresh(ticket).is_finished()
    assert end(ticket=ticket, actor="Bob", now=now, seen=later.pk)
    assert waiting(ticket) == []


@pytest.mark.parametrize("end", [services.resolve_ticket, services.close_ticket])
def test_a_ticket_that_was_changed_since_is_left_alone(
    end: Callable[..., bool], ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    later = now + timedelta(minutes=1)
    services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=later)
    assert not end(ticket=ticket, actor="system", now=later, unchanged=True)
    assert end(ticket=fresh(ticket), actor="system", now=later, unchanged=True)


def test_silence_does_not_resolve_what_still_waits(ask: Ask, now: datetime) -> None:
    ticket = ask()
    Ticket.objects.filter(pk=ticket.pk).update(status=Status.WAITING)
    assert upkeep.resolve_silent(now=now + timedelta(days=4)) == 0
    assert waiting(ticket)


def test_closing_hands_the_conversation_back(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now)
    services.close_ticket(ticket=ticket, actor="system", now=now)
    conversation = fresh(ticket).conversation
    assert (conversation.handler, conversation.assigned_to) == ("agent", None)
    write_on(ticket, "How do I export a board?", now + timedelta(days=30))
    successor = Ticket.objects.latest("pk")
    assert successor != ticket
    assert successor.status == Status.OPEN
    assert successor not in Ticket.objects.needing_a_person()


def test_closing_voids_no_answer_of_the_agent(ask: Ask, now: datetime) -> None:
    ticket = ask()
    services.close_ticket(ticket=ticket, actor="system", now=now)
    assert fresh(ticket).conversation.turn == 0


def test_a_successor_is_the_agents_though_staff_held_the_conversation(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    services.close_ticket(ticket=ticket, actor="system", now=now)
    Conversation.objects.update(handler="staff", assigned_to=bob)
    write_on(ticket, "How do I export a board?", now)
    assert fresh(ticket).conversation.handler == "agent"


@pytest.mark.parametrize("how", ["replied", "took over"])
def test_a_reply_soon_after_stays_with_who_dealt_with_it(
    how: str, ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    now += timedelta(minutes=1)
    if how == "replied":
        services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now)
        Conversation.objects.update(assigned_to=None)
    else:
        services.take_over_ticket(ticket=ticket, staff=bob, now=now)
    services.resolve_ticket(ticket=ticket, actor="Bob", now=now)
    message = write_on(ticket, "Still broken", now + timedelta(days=2))
    assert fresh(ticket).status == Status.IN_PROGRESS
    assert fresh(ticket).conversation.handler == "staff"
    notice = message.automatic_replies.get()
    assert notice.author == Message.Author.SYSTEM
    assert ticket.reference in notice.text


def test_that_is_said_in_the_customers_language(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask(language="de")
    services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now)
    services.resolve_ticket(ticket=ticket, actor="Bob", now=now)
    assert "Ihr" in write_on(ticket, "Nein", now).automatic_replies.get().text


def test_a_reply_long_after_is_the_agents(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now)
    services.resolve_ticket(ticket=ticket, actor="Bob", now=now)
    message = write_on(ticket, "How do I export a board?", now + timedelta(days=4))
    assert fresh(ticket).status == Status.OPEN
    assert fresh(ticket).conversation.handler == "agent"
    assert not message.automatic_replies.exists()


def test_what_no_person_dealt_with_is_the_agents(ask: Ask, now: datetime) -> None:
    ticket = ask()
    services.escalate_ticket(ticket=ticket, reason="refund", detail="", actor="agent", now=now)
    services.resolve_ticket(ticket=ticket, actor="customer", now=now)
    write_on(ticket, "How do I export a board?", now)
    assert fresh(ticket).conversation.handler == "agent"
    assert fresh(ticket).status == Status.OPEN


def test_whoever_works_on_a_resolved_ticket_reopens_it(ask: Ask, bob: User, now: datetime) -> None:
    for work in (
        lambda ticket: services.take_over_ticket(ticket=ticket, staff=bob, now=now),
        lambda ticket: services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now),
        lambda ticket: services.escalate_ticket(
            ticket=ticket, reason="refund", detail="", actor="agent", now=now
        ),
        lambda ticket: services.note_agent_reply(ticket=ticket, now=now),
    ):
        ticket = ask()
        services.resolve_ticket(ticket=ticket, actor="customer", now=now)
        work(ticket)
        assert not fresh(ticket).is_finished()
        assert fresh(ticket).resolved_at is None


def test_a_closed_ticket_with_a_successor_refuses_work(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    services.close_ticket(ticket=ticket, actor="system", now=now)
    write_on(ticket, "Another thing", now)
    successor = Ticket.objects.latest("pk")
    for work in (
        lambda: services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now),
        lambda: services.take_over_ticket(ticket=ticket, staff=bob, now=now),
        lambda: services.hand_back_ticket(ticket=ticket, staff=bob, now=now),
        lambda: services.escalate_ticket(
            ticket=ticket, reason="refund", detail="", actor="agent", now=now
        ),
    ):
        with pytest.raises(services.TicketSucceededError) as refused:
            work()
        assert refused.value.successor == successor
    assert not services.request_person(ticket=ticket, now=now)
    assert fresh(ticket).status == Status.CLOSED
    assert fresh(successor).status == Status.OPEN
