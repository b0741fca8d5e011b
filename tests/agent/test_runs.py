"""What a run may still do when it is done thinking, and what is looked for afterwards."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from agent import metrics, runs
from agent.drafts import DraftOutdatedError, approve_draft, outdate_drafts, reject_draft
from agent.journal import Journal
from agent.models import AgentMetric, AgentRun, AgentStep, Draft
from agent.types import Started
from channels import delivery
from channels.models import Delivery
from crm.models import Conversation, Message, User
from tests.agent.conftest import decided
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]
WriteOn = Callable[[Ticket, str], None]
HOUR = timedelta(hours=1)


def start(ticket: Ticket, now: datetime) -> Started:
    started = runs.start_run(ticket.conversation_id, now=now)
    assert started is not None
    return started


def record(started: Started, action: str, now: datetime) -> bool:
    text = "" if action == "no_reply" else "Under Settings."
    return runs.record(started, decided(action, text=text), Journal(), now=now)


def drafted(ticket: Ticket, now: datetime) -> Draft:
    assert record(start(ticket, now), "draft", now)
    return Draft.objects.latest("pk")


def waiting(ticket: Ticket) -> list[Message]:
    return list(ticket.conversation.messages.awaiting_answer())


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("conversation").get(pk=ticket.pk)


def age_everything(by: timedelta = HOUR) -> None:
    for message in Message.objects.all():
        Message.objects.filter(pk=message.pk).update(created_at=message.created_at - by)
    for run in AgentRun.objects.all():
        AgentRun.objects.filter(pk=run.pk).update(started_at=run.started_at - by)


def forget_jobs() -> None:
    ProcrastinateJob.objects.all()._raw_delete("default")


# --- What came while it thought ---------------------------------------------------------------
def test_thanks_do_not_swallow_the_question_behind_them(
    ask: Ask, write_on: WriteOn, now: datetime
) -> None:
    ticket = ask("Thanks a lot, bye")
    started = start(ticket, now)
    write_on(ticket, "It still does not work, help!")
    assert record(started, "no_reply", now)
    assert [message.text for message in waiting(ticket)] == ["It still does not work, help!"]
    assert fresh(ticket).status == Ticket.Status.OPEN


def test_an_answer_leaves_the_ticket_open_for_the_message_behind_it(
    ask: Ask, write_on: WriteOn, now: datetime
) -> None:
    ticket = ask()
    started = start(ticket, now)
    write_on(ticket, "Also this")
    assert record(started, "send", now)
    assert fresh(ticket).status == Ticket.Status.OPEN


@pytest.mark.parametrize("action", ["send", "draft", "hand_over", "no_reply"])
@pytest.mark.parametrize("end", [services.resolve_ticket, services.close_ticket])
def test_who_finished_the_ticket_meanwhile_is_not_answered_over(
    end: Callable[..., bool], action: str, ask: Ask, now: datetime
) -> None:
    ticket = ask()
    started = start(ticket, now)
    end(ticket=ticket, actor="Bob", now=now)
    assert not record(started, action, now)
    assert fresh(ticket).is_finished()
    assert fresh(ticket).conversation.handler == Conversation.Handler.AGENT
    assert not ticket.conversation.messages.filter(direction="out").exists()
    assert AgentRun.objects.get().state == AgentRun.State.DROPPED


def test_only_the_run_that_is_running_leaves_anything_behind(ask: Ask, now: datetime) -> None:
    ticket = ask()
    paused, running = start(ticket, now), start(ticket, now)
    assert not record(paused, "send", now)
    assert waiting(ticket)
    assert record(running, "send", now)
    assert ticket.conversation.messages.filter(author="agent").count() == 1


def test_taken_over_before_it_was_sent_and_handed_back_it_answers_anew(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    record(start(ticket, now), "send", now)
    services.take_over_ticket(ticket=ticket, staff=bob, now=now)
    delivery.deliver(Delivery.objects.get().pk)
    services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    assert record(start(ticket, now), "send", now)
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == [
        "cancelled",
        "queued",
    ]


# --- Drafts ----------------------------------------------------------------------------------
def test_a_draft_stands_in_the_inbox_until_it_is_decided(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    draft = drafted(ticket, now)
    assert Ticket.objects.needing_a_person().get() == ticket
    assert fresh(ticket).status == Ticket.Status.OPEN
    approve_draft(draft=draft, staff=bob, now=now)
    assert not Ticket.objects.needing_a_person().exists()


def test_a_draft_of_an_earlier_turn_does_not_hold_the_agent_up(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    old = drafted(ticket, now)
    services.take_over_ticket(ticket=ticket, staff=bob, now=now)
    services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    for decide in (approve_draft, reject_draft):
        with pytest.raises(DraftOutdatedError):
            decide(draft=old, staff=bob, now=now)
    forget_jobs()
    age_everything()
    assert runs.rescue_unanswered(now=now) == 1
    assert drafted(ticket, now) != old
    old.refresh_from_db()
    assert old.state == Draft.State.OUTDATED


@pytest.mark.parametrize("how", ["reply", "resolve", "person", "message"])
def test_a_draft_that_nobody_can_decide_any_more_waits_no_longer(
    how: str, ask: Ask, bob: User, write_on: WriteOn, now: datetime
) -> None:
    ticket = ask()
    draft = drafted(ticket, now)
    assert outdate_drafts(now=now) == 0
    assert Draft.objects.decidable().get() == draft
    match how:
        case "reply":
            services.reply_to_ticket(ticket=ticket, staff=bob, text="Mine.", now=now)
        case "resolve":
            services.resolve_ticket(ticket=ticket, actor="customer", now=now)
        case "person":
            services.request_person(ticket=ticket, now=now)
        case "message":
            write_on(ticket, "and to CSV?")
    assert not Draft.objects.decidable().exists()
    with pytest.raises(DraftOutdatedError):
        approve_draft(draft=draft, staff=bob, now=now)
    assert outdate_drafts(now=now) == 1
    draft.refresh_from_db()
    assert draft.state == Draft.State.OUTDATED
    assert fresh(ticket).approval_since is None


# --- The rescue ------------------------------------------------------------------------------
def test_a_message_behind_an_open_draft_is_rescued(
    ask: Ask, write_on: WriteOn, now: datetime
) -> None:
    ticket = ask()
    drafted(ticket, now)
    forget_jobs()
    age_everything()
    assert runs.rescue_unanswered(now=now) == 0
    write_on(ticket, "A second question")
    forget_jobs()
    age_everything()
    assert runs.rescue_unanswered(now=now) == 1


def test_a_conversation_that_has_a_job_gets_no_other(ask: Ask, now: datetime) -> None:
    ask()
    age_everything()
    before = ProcrastinateJob.objects.count()
    assert runs.rescue_unanswered(now=now) == 0
    forget_jobs()
    assert [runs.rescue_unanswered(now=now) for _ in range(3)] == [1, 0, 0]
    assert ProcrastinateJob.objects.count() == 1 <= before


def test_a_run_that_is_at_it_is_left_in_peace(ask: Ask, now: datetime) -> None:
    ticket = ask()
    age_everything()
    forget_jobs()
    start(ticket, now - timedelta(minutes=1))
    assert runs.rescue_unanswered(now=now) == 0
    assert runs.rescue_unanswered(now=now + 2 * runs.RESCUE_AFTER) == 1


def test_who_waits_longest_is_rescued_first(
    ask: Ask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "RESCUED_AT_ONCE", 1)
    younger, older = ask(), ask()
    Message.objects.filter(conversation=younger.conversation).update(created_at=now - HOUR)
    Message.objects.filter(conversation=older.conversation).update(created_at=now - 2 * HOUR)
    forget_jobs()
    assert [runs.rescue_unanswered(now=now) for _ in range(3)] == [1, 1, 0]
    jobs = ProcrastinateJob.objects.order_by("id")
    assert [job.args["conversation_id"] for job in jobs] == [
        older.conversation_id,
        younger.conversation_id,
    ]


# --- What it cost ----------------------------------------------------------------------------
def paid() -> Journal:
    journal = Journal()
    journal.count(model="m", input_tokens=5, output_tokens=2, cost=Decimal("0.25"))
    with journal.step(AgentStep.Kind.MODEL, "thought"):
        pass
    return journal


def test_what_came_too_late_was_paid_for(ask: Ask, bob: User, now: datetime) -> None:
    dropped, superseded = ask(), ask()
    late, paused = start(dropped, now), start(superseded, now)
    services.take_over_ticket(ticket=dropped, staff=bob, now=now)
    start(superseded, now)
    for started in (late, paused):
        assert not runs.record(started, decided("send", text="So."), paid(), now=now)
        started.run.refresh_from_db()
        assert (started.run.cost, started.run.input_tokens) == (Decimal("0.25"), 5)
        assert [step.title for step in started.run.steps.all()] == ["thought"]
    assert [late.run.state, paused.run.state] == ["dropped", "failed"]
    assert not AgentMetric.objects.filter(answered=True).exists()
    web = metrics.list_channel_metrics(since=now - HOUR, now=now)[0]
    assert web.cost == Decimal("0.50")
    assert web.deflection == 0
