"""Each point at which a process may die between the claim and the outcome."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from channels import delivery
from channels.models import Delivery
from channels.types import Receipt, TransportError
from channels.web import notices
from crm import services
from crm.models import Message, StaffAlert, User
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]
State = Delivery.State


class ScriptedAdapter:
    """An adapter that fails as told before it succeeds, and counts what the provider saw."""

    repeatable = False

    def __init__(self, *failures: TransportError) -> None:
        self.failures = list(failures)
        self.sent = 0

    def send(self, message: Message) -> Receipt:
        if self.failures:
            raise self.failures.pop(0)
        self.sent += 1
        return Receipt(provider_id=f"P{self.sent}")


@pytest.fixture
def queued(ask: Ask, now: datetime) -> Delivery:
    """An answer of the agent that is queued and not sent."""
    conversation = ask().conversation
    message = services.queue_agent_reply(
        conversation=conversation,
        answers=conversation.messages.get(),
        text="Under Settings.",
        sources=[],
        now=now,
    )
    return Delivery.objects.get(message=message)


@pytest.fixture
def adapter(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedAdapter]:
    def install(*failures: TransportError) -> ScriptedAdapter:
        scripted = ScriptedAdapter(*failures)
        monkeypatch.setitem(delivery.get_adapter.__globals__["_ADAPTERS"], "web", scripted)
        return scripted

    return install


def test_a_reply_is_sent_once_although_its_job_runs_twice(queued: Delivery) -> None:
    delivery.deliver(queued.pk)
    first = Delivery.objects.get(pk=queued.pk)
    delivery.deliver(queued.pk)
    again = Delivery.objects.get(pk=queued.pk)
    assert (again.state, again.attempts, again.sent_at) == (State.SENT, 1, first.sent_at)
    assert Message.objects.get(pk=queued.message_id).state == Message.State.SENT


def test_a_person_who_takes_over_stops_a_queued_answer(queued: Delivery, bob: User) -> None:
    services.take_over(conversation=queued.message.conversation, staff=bob)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.CANCELLED
    assert "person took over" in queued.problem
    assert Message.objects.get(pk=queued.message_id).state == Message.State.CANCELLED


def test_a_leased_delivery_is_left_to_its_holder(queued: Delivery, now: datetime) -> None:
    Delivery.objects.filter(pk=queued.pk).update(
        state=State.SENDING, lease_until=now + timedelta(minutes=1)
    )
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert (queued.state, queued.attempts) == (State.SENDING, 0)


def test_a_paused_worker_cannot_record_over_its_successor(queued: Delivery) -> None:
    paused = delivery._claim(queued.pk, now=timezone.now() - timedelta(hours=1))
    assert paused is not None
    delivery.deliver(queued.pk)  # the lease had expired: another worker sends it
    error = TransportError("refused", permanent=True)
    delivery._record_failure(paused, error, now=timezone.now())
    queued.refresh_from_db()
    assert queued.state == State.SENT


def test_a_passing_failure_is_tried_again(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter]
) -> None:
    scripted = adapter(TransportError("busy", permanent=False))
    with pytest.raises(TransportError):
        delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert (queued.state, queued.problem) == (State.QUEUED, "busy")
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert (queued.state, queued.attempts, scripted.sent) == (State.SENT, 2, 1)


def test_a_permanent_failure_is_put_before_staff_and_retried_by_one_click(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter], now: datetime
) -> None:
    scripted = adapter(TransportError("The number has opted out.", permanent=True))
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    alert = StaffAlert.objects.get()
    assert (queued.state, alert.detail) == (State.FAILED, "The number has opted out.")
    assert delivery.retry_delivery(queued, now=now)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    alert.refresh_from_db()
    assert (queued.state, scripted.sent) == (State.SENT, 1)
    assert alert.cleared_at is not None


def test_what_failed_too_often_stops(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter]
) -> None:
    adapter(*[TransportError("busy", permanent=False)] * delivery.MAX_ATTEMPTS)
    for _ in range(delivery.MAX_ATTEMPTS - 1):
        with pytest.raises(TransportError):
            delivery.deliver(queued.pk)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.FAILED


def test_a_worker_that_died_while_sending_is_noticed(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter], now: datetime
) -> None:
    adapter()
    Delivery.objects.filter(pk=queued.pk).update(
        state=State.SENDING, lease_until=now - timedelta(seconds=1)
    )
    delivery.rescue_deliveries(now=now)
    queued.refresh_from_db()
    assert queued.state == State.UNKNOWN
    assert StaffAlert.objects.get().key == f"delivery:{queued.pk}"


def test_a_web_reply_whose_worker_died_is_simply_sent(queued: Delivery, now: datetime) -> None:
    Delivery.objects.filter(pk=queued.pk).update(
        state=State.SENDING, lease_until=now - timedelta(seconds=1)
    )
    ProcrastinateJob.objects.filter(task_name="channels.deliver")._raw_delete("default")
    assert delivery.rescue_deliveries(now=now) == 1
    assert ProcrastinateJob.objects.filter(task_name="channels.deliver").count() == 1


def test_a_queued_reply_that_lost_its_job_gets_another(queued: Delivery, now: datetime) -> None:
    ProcrastinateJob.objects.filter(task_name="channels.deliver")._raw_delete("default")
    assert delivery.rescue_deliveries(now=now) == 0
    assert delivery.rescue_deliveries(now=now + timedelta(hours=1)) == 1


def test_what_was_cancelled_is_not_sent(queued: Delivery, now: datetime) -> None:
    assert delivery.cancel_delivery(queued, now=now)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.CANCELLED
    assert not delivery.cancel_delivery(queued, now=now)


def test_the_customer_is_told_once_and_without_content(queued: Delivery) -> None:
    for _ in range(2):
        notices.notify_customer(queued.message_id)
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert "/status/TKT-" in sent.body
    assert "Under Settings" not in sent.body


def test_a_customer_who_has_seen_the_reply_gets_no_mail(queued: Delivery) -> None:
    Ticket.objects.update(viewed_at=timezone.now() + timedelta(seconds=1))
    notices.notify_customer(queued.message_id)
    assert mail.outbox == []
