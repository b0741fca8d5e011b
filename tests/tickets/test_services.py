from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from channels.web.submission import submit_reply
from crm.models import Conversation, Message, StaffAlert, User
from tickets import inbox, services, upkeep
from tickets.models import HandoverRule, ResponseTarget, Ticket, TicketEvent

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]
Status = Ticket.Status
TOKEN = "11111111-1111-4111-8111-111111111111"


def reply(ticket: Ticket, text: str, now: datetime, token: str = TOKEN) -> Message:
    return submit_reply(ticket=ticket, text=text, files=(), token=token, now=now)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("conversation").get(pk=ticket.pk)


def kinds(ticket: Ticket) -> list[str]:
    return list(ticket.events.values_list("kind", flat=True))


def test_numbers_are_readable_and_rise(ask: Ask) -> None:
    first, second = ask(), ask()
    assert first.reference.startswith("TKT-")
    assert second.number == first.number + 1


def test_only_the_key_opens_a_ticket(ask: Ask) -> None:
    ticket, other = ask(), ask()
    assert services.get_ticket_by_key(ticket.reference, ticket.access_key) == ticket
    assert services.get_ticket_by_key(ticket.reference.lower(), ticket.access_key) == ticket
    for reference, key in [
        (ticket.reference, other.access_key),
        (ticket.reference, ""),
        (ticket.reference, "ключ"),
        ("TKT-999999", ticket.access_key),
        ("TKT-1' OR 1=1", ticket.access_key),
        ("TKT-99999999999999999999", ticket.access_key),
    ]:
        assert services.get_ticket_by_key(reference, key) is None


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-20T10:00", "2026-11-20T11:00"),  # within the day
        ("2026-11-20T16:30", "2026-11-23T09:30"),  # over the weekend
        ("2026-11-21T22:00", "2026-11-23T10:00"),  # asked on a Saturday night
        ("2026-11-20T17:00", "2026-11-23T10:00"),  # at closing time
    ],
)
def test_the_priority_sets_how_many_office_hours_a_response_takes(asked: str, due: str) -> None:
    target = ResponseTarget.objects.get(priority="urgent")
    at = datetime.fromisoformat(asked).replace(tzinfo=UTC)
    assert target.due(at) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_long_target_spans_days() -> None:
    friday = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert ResponseTarget(minutes=24 * 60).due(friday) == datetime(2026, 11, 24, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-20T10:00", "Somebody is here now."),
        ("2026-11-20T17:00", "Our team is back on Monday, 23 November at 9 a.m. (UTC)."),
        ("2026-11-21T12:00", "Our team is back on Monday, 23 November at 9 a.m. (UTC)."),
        ("2026-11-24T03:00", "Our team is back on Tuesday, 24 November at 9 a.m. (UTC)."),
        ("2026-12-24T18:00", "Our team is back on Monday, 28 December at 9 a.m. (UTC)."),
    ],
)
def test_case_54_a_hand_over_says_when_somebody_will_answer(
    ask: Ask, settings: Any, at: str, told: str
) -> None:
    """At any hour, over a weekend and over a holiday that is one in the company's country."""
    settings.OFFICE_COUNTRY = "DE"
    ticket = ask()
    services.escalate_ticket(
        ticket=ticket,
        reason="human_request",
        detail="",
        actor="agent",
        now=datetime.fromisoformat(at).replace(tzinfo=UTC),
    )
    assert told in Message.objects.get(author="system").text


@pytest.mark.parametrize(
    ("emails", "told", "not_told"),
    [
        (
            ["night@example.com"],
            "Our staff are being alerted now, at this hour too.",
            "back on Tue",
        ),
        ([], "Our team is back on Monday, 23 November at 9 a.m. (UTC).", "alerted"),
    ],
)
def test_a_security_matter_at_night_alerts_staff_and_says_only_what_is_so(
    ask: Ask,
    bob: User,
    settings: Any,
    run_jobs: Callable[[], int],
    emails: list[str],
    told: str,
    not_told: str,
) -> None:
    settings.ALERT_EMAILS = emails
    HandoverRule.objects.create(
        reason="security", route="Security", notice="Thank you.", first_steps="/help/sessions"
    )
    ticket = ask()
    night = datetime(2026, 11, 21, 3, tzinfo=UTC)
    services.escalate_ticket(ticket=ticket, reason="security", detail="", actor="agent", now=night)
    notice = Message.objects.get(author="system").text
    assert told in notice
    assert not_told not in notice
    assert f"{settings.PUBLIC_URL}/help/sessions" in notice
    assert fresh(ticket).priority == "urgent"
    run_jobs()
    assert [sent.to for sent in mail.outbox] == ([emails] if emails else [])
    alert = StaffAlert.objects.get(key=f"security:{ticket.pk}")
    assert alert.cleared_at is None
    services.take_over_ticket(ticket=ticket, staff=bob, now=night)
    alert.refresh_from_db()
    assert alert.cleared_at == night


def test_a_reply_reopens_a_resolved_ticket(ask: Ask, now: datetime) -> None:
    ticket = ask()
    services.resolve_ticket(ticket=ticket, actor="customer", now=now)
    reply(ticket, "It came back.", now)
    assert fresh(ticket).status == Status.OPEN
    assert fresh(ticket).resolved_at is None
    assert kinds(ticket) == ["created", "resolved", "reopened"]


def test_a_reply_to_a_closed_ticket_opens_its_successor(ask: Ask, now: datetime) -> None:
    ticket = ask(subject="Export")
    services.close_ticket(ticket=ticket, actor="system", now=now)
    message = reply(ticket, "One more thing", now)
    successor = services.get_ticket_of_conversation(message.conversation)
    assert successor is not None
    assert successor != ticket
    assert successor.subject == "Export"
    assert fresh(ticket).status == Status.CLOSED


def test_an_escalation_keeps_its_first_reason_and_tells_the_customer_once(
    ask: Ask, now: datetime
) -> None:
    ticket = ask()
    for reason, detail in [("refund", "Asks for money back"), ("sentiment", "Is angry")]:
        services.escalate_ticket(
            ticket=ticket, reason=reason, detail=detail, actor="agent", now=now
        )
    ticket = fresh(ticket)
    assert (ticket.status, ticket.escalation_reason) == (Status.ESCALATED, "refund")
    assert ticket.conversation.handler == Conversation.Handler.STAFF
    assert [event.note for event in ticket.events.filter(kind="escalated")] == [
        "refund: Asks for money back",
        "sentiment: Is angry",
    ]
    notices = ticket.conversation.messages.filter(author=Message.Author.SYSTEM)
    assert notices.count() == 1


def test_staff_answer_and_the_customer_writes_again(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    services.reply_to_ticket(ticket=ticket, staff=bob, text="Try this.", now=now)
    ticket = fresh(ticket)
    assert (ticket.status, ticket.first_response_at) == (Status.WAITING, now)
    assert ticket.due_at is None
    reply(ticket, "Did not help", now)
    ticket = fresh(ticket)
    assert ticket.status == Status.IN_PROGRESS
    assert ticket.due_at is not None
    assert Ticket.objects.needing_a_person().get() == ticket


def test_what_is_handed_over_after_an_answer_is_due_too(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    services.reply_to_ticket(ticket=ticket, staff=bob, text="Try this.", now=now)
    services.request_person(ticket=ticket, now=now)
    ticket = fresh(ticket)
    assert ticket.due_at is not None
    late = Ticket.objects.filter(inbox.overdue(ticket.due_at + timedelta(seconds=1)))
    assert late.get() == ticket


def test_handing_back_lets_the_agent_answer_what_waits(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    services.take_over_ticket(ticket=ticket, staff=bob, now=now)
    services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    ticket = fresh(ticket)
    assert ticket.conversation.handler == Conversation.Handler.AGENT
    assert ticket.status == Status.OPEN
    assert kinds(ticket)[-2:] == ["taken_over", "handed_back"]


def test_handed_back_with_nothing_waiting_owes_no_answer(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    services.reply_to_ticket(ticket=ticket, staff=bob, text="Try this.", now=now)
    services.escalate_ticket(ticket=ticket, reason="security", detail="", actor="agent", now=now)
    assert StaffAlert.objects.get().cleared_at is None
    services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    ticket = fresh(ticket)
    assert (ticket.status, ticket.due_at) == (Status.WAITING, None)
    assert StaffAlert.objects.get().cleared_at is not None


def test_a_rating_needs_a_resolved_ticket(ask: Ask, now: datetime) -> None:
    ticket = ask()
    assert not services.rate_ticket(ticket=ticket, score=5, comment="", now=now)
    services.resolve_ticket(ticket=ticket, actor="customer", now=now)
    assert services.rate_ticket(ticket=ticket, score=4, comment="Fine", now=now)
    assert services.rate_ticket(ticket=ticket, score=5, comment="Great", now=now)
    assert fresh(ticket).satisfaction.score == 5
    events = kinds(ticket)
    assert services.rate_ticket(ticket=ticket, score=5, comment="Great", now=now)
    assert kinds(ticket) == events


def test_an_overdue_ticket_is_noted_once(ask: Ask, now: datetime) -> None:
    ticket = ask(priority="urgent")
    late = now + timedelta(days=7)
    assert upkeep.check_response_targets(now=late) == 1
    assert upkeep.check_response_targets(now=late) == 1
    assert kinds(ticket).count(TicketEvent.Kind.OVERDUE) == 1


def test_silence_resolves_but_not_a_ticket_that_was_answered_meanwhile(
    ask: Ask, bob: User, now: datetime
) -> None:
    silent, stale = ask(), ask()
    for ticket in (silent, stale):
        services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now)
    seen = fresh(stale)
    reply(stale, "Still broken", now + timedelta(days=4))
    assert not services.resolve_ticket(
        ticket=seen, actor="system", now=now + timedelta(days=4), unchanged=True
    )
    assert upkeep.resolve_silent(now=now + timedelta(days=4)) == 1
    assert fresh(silent).status == Status.RESOLVED
    assert fresh(stale).status == Status.IN_PROGRESS


def test_a_hand_over_at_night_says_when_somebody_is_back(ask: Ask) -> None:
    saturday = datetime(2026, 11, 21, 22, tzinfo=UTC)
    ticket = services.escalate_ticket(
        ticket=ask(), reason="refund", detail="", actor="agent", now=saturday
    )
    notice = ticket.conversation.messages.get(author=Message.Author.SYSTEM)
    assert "Monday, 23 November at 9 a.m. (UTC)" in notice.text
