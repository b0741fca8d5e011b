"""Automatic replies beyond the caps: people get the conversation, the customer gets no text."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from channels import recovery
from channels.caps import HOURLY_CAP
from channels.models import ChannelConfig, Delivery
from crm import services
from crm.models import Conversation, Message, StaffAlert, User
from tickets.models import Ticket
from tickets.services import hand_back_ticket

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]
RunJobs = Callable[[], int]
State = Delivery.State


@pytest.fixture
def ticket(ask: Ask) -> Ticket:
    """Alice's, on a channel with a cap; only its deliveries run."""
    ChannelConfig.objects.filter(channel="web").update(daily_cap=20)
    ticket = ask()
    forget_other_jobs()
    return ticket


def forget_other_jobs() -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    ProcrastinateJob.objects.exclude(task_name="channels.deliver")._raw_delete("default")


def reply(ticket: Ticket, text: str = "Automatic.") -> Delivery:
    message = services.queue_system_reply(
        conversation=Conversation.objects.get(pk=ticket.conversation_id),
        answers=None,
        text=text,
        now=timezone.now(),
    )
    return Delivery.objects.get(message=message)


def states(ticket: Ticket) -> list[str]:
    deliveries = Delivery.objects.filter(message__conversation=ticket.conversation_id)
    return list(deliveries.order_by("id").values_list("state", flat=True))


def exceed(ticket: Ticket, run_jobs: RunJobs) -> Delivery:
    for _each in range(HOURLY_CAP):
        reply(ticket)
    run_jobs()
    excess = reply(ticket)
    run_jobs()
    excess.refresh_from_db()
    return excess


def test_case_16_beyond_the_hourly_cap_people_get_it_and_the_customer_nothing(
    ticket: Ticket, run_jobs: RunJobs
) -> None:
    excess = exceed(ticket, run_jobs)
    ticket.refresh_from_db()
    # Neither the reply nor the notice that a person will answer.
    assert states(ticket) == [State.SENT] * HOURLY_CAP + [State.CANCELLED] * 2
    assert "automatic replies in an hour" in excess.problem
    assert (ticket.status, ticket.escalation_reason) == ("escalated", "failure")
    assert ticket.escalation_detail == excess.problem
    assert Conversation.objects.get().handler == Conversation.Handler.STAFF
    assert StaffAlert.objects.get().key == f"delivery:{excess.pk}"


def test_case_16_a_loop_ends(ticket: Ticket, run_jobs: RunJobs, bob: User) -> None:
    exceed(ticket, run_jobs)
    hand_back_ticket(ticket=ticket, staff=bob, now=timezone.now())
    forget_other_jobs()
    reply(ticket)
    run_jobs()
    assert states(ticket).count(State.SENT) == HOURLY_CAP


def test_case_16_staff_are_not_capped_and_may_send_what_was_refused(
    ticket: Ticket, run_jobs: RunJobs, bob: User
) -> None:
    excess = exceed(ticket, run_jobs)
    services.queue_staff_reply(
        conversation=ticket.conversation, staff=bob, text="I am a person.", now=timezone.now()
    )
    run_jobs()
    assert states(ticket)[-1] == State.SENT
    assert recovery.retry_delivery(excess, now=timezone.now())
    run_jobs()
    excess.refresh_from_db()
    assert excess.state == State.SENT


def test_case_16_the_daily_cap_counts_a_sender_over_conversations(
    ask: Ask, ticket: Ticket, run_jobs: RunJobs
) -> None:
    ChannelConfig.objects.filter(channel="web").update(daily_cap=3)
    for _each in range(3):
        reply(ticket)
    run_jobs()
    second = ask("Another question")
    stranger = ask("A question", email="mallory@example.com")
    forget_other_jobs()
    reply(second)
    reply(stranger)
    run_jobs()
    assert states(second)[0] == State.CANCELLED
    assert states(stranger) == [State.SENT]
    Message.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    reply(second)
    run_jobs()
    assert states(second)[-1] == State.SENT


def test_the_daily_cap_counts_plus_addresses_as_one_mailbox(ask: Ask, run_jobs: RunJobs) -> None:
    """A desk that answers from another address for each of its cases is in a loop all the same."""
    ChannelConfig.objects.filter(channel="web").update(daily_cap=3)
    cases = [ask(email=f"support+case{number}@desk.example") for number in range(5)]
    others = [ask(email=f"support+case1@{domain}") for domain in ("other.example", "esk.example")]
    others.append(ask(email="supporter+case1@desk.example"))
    forget_other_jobs()
    for ticket in [*cases, *others]:
        reply(ticket)
        run_jobs()
    assert [states(ticket)[0] for ticket in cases] == [State.SENT] * 3 + [State.CANCELLED] * 2
    assert [states(ticket) for ticket in others] == [[State.SENT]] * 3


def test_the_web_form_is_exempt(ask: Ask, run_jobs: RunJobs) -> None:
    ticket = ask()
    forget_other_jobs()
    for _each in range(HOURLY_CAP + 2):
        reply(ticket)
    run_jobs()
    assert states(ticket) == [State.SENT] * (HOURLY_CAP + 2)
