"""The agent and a person, or two workers, at one conversation at the same moment."""

from collections.abc import Callable
from datetime import datetime

import pytest

from agent import runs
from agent.drafts import approve_draft
from agent.journal import Journal
from agent.models import AgentRun, Draft
from crm.models import User
from tests.agent.conftest import decided
from tests.stage import beside
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., Ticket]


def test_an_answer_waits_for_who_takes_over_and_is_dropped(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    started = runs.start_run(ticket.conversation_id, now=now)
    assert started
    answer = decided("send", text="Under Settings.")
    with beside(lambda: runs.record(started, answer, Journal(), now=now)) as start:
        services.take_over_ticket(ticket=ticket, staff=bob, now=now)
        recorded = start()
    assert recorded.result() is False
    assert AgentRun.objects.get().state == "dropped"
    assert not ticket.conversation.messages.filter(direction="out").exists()


def test_two_workers_that_start_at_once_leave_one_run(ask: Ask, now: datetime) -> None:
    ticket = ask()
    with beside(lambda: runs.start_run(ticket.conversation_id, now=now)) as start:
        runs.start_run(ticket.conversation_id, now=now)
        second = start()
    assert second.result() is not None
    assert sorted(AgentRun.objects.values_list("state", flat=True)) == ["failed", "running"]


def test_a_draft_approved_twice_at_once_is_sent_once(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    started = runs.start_run(ticket.conversation_id, now=now)
    assert started
    assert runs.record(started, decided("draft", text="So."), Journal(), now=now)
    draft = Draft.objects.get()
    with beside(lambda: approve_draft(draft=draft, staff=bob, now=now)) as start:
        approve_draft(draft=draft, staff=bob, now=now)
        second = start()
    assert "decided already" in str(second.exception())
    assert ticket.conversation.messages.filter(author="agent").count() == 1
