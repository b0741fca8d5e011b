"""The storm sees an answer of the agent that comes after a person took over."""

from collections.abc import Callable
from datetime import datetime

import pytest

from agent import runs
from agent.types import Started
from benchmarks.storm.colleagues import StaffBooks, _look_at
from benchmarks.storm.persons import find_overridden
from channels.models import Delivery
from crm.models import Message, User
from crm.services import queue_agent_reply
from tickets.models import Ticket
from tickets.services import take_over_ticket

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]


def answer(ticket: Ticket, run: Started, now: datetime) -> Message:
    reply = queue_agent_reply(
        conversation=ticket.conversation,
        answers=run.messages[-1],
        text="Press Export.",
        sources=[],
        now=now,
    )
    run.run.reply = reply
    run.run.save()
    return reply


def test_an_answer_that_was_prepared_before_and_recorded_after(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    started = runs.start_run(ticket.conversation_id, now=now)
    assert started is not None
    take_over_ticket(ticket=ticket, staff=bob, now=now)
    books = StaffBooks(takeovers=[_look_at(ticket.conversation_id)])
    assert find_overridden(books, set())["recorded after a person took over"] == 0
    ticket.conversation.refresh_from_db()
    answer(ticket, started, now)
    assert find_overridden(books, set())["recorded after a person took over"] == 1


def test_an_answer_that_was_queued_before_and_left_after(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    started = runs.start_run(ticket.conversation_id, now=now)
    assert started is not None
    answer(ticket, started, now)
    take_over_ticket(ticket=ticket, staff=bob, now=now)
    books = StaffBooks(takeovers=[_look_at(ticket.conversation_id)])
    (token,) = books.takeovers[0].tokens
    assert find_overridden(books, set())["left after a person took over"] == 0
    assert find_overridden(books, {token})["left after a person took over"] == 1
    Delivery.objects.update(state=Delivery.State.SENT)
    assert find_overridden(books, set())["left after a person took over"] == 1
