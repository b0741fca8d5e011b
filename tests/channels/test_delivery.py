"""Each point at which a process may die between the claim and the outcome."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.core import mail
from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from channels import adapters, breaker, delivery, reconciliation, recovery, settlement
from channels.models import ChannelConfig, Delivery, Suppression, ThreadKey
from channels.types import (
    AddressRefused,
    Finding,
    HeldBack,
    OutcomeUnknown,
    Outgoing,
    RateLimited,
    Receipt,
    Reconciled,
    TransportError,
)
from channels.web import notices
from config import jobs
from crm import services
from crm.models import Breaker, Conversation, Customer, Message, StaffAlert, User
from tests.stage import beside
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]
State = Delivery.State


class ScriptedAdapter:
    """An adapter that fails as told before it succeeds, and keeps what the provider saw."""

    repeatable = False

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.taken: list[str] = []
        self.found = Reconciled(Finding.UNCLEAR)

    @property
    def sent(self) -> int:
        return len(self.taken)

    def split(self, text: str, *, limit: int | None) -> list[str]:
        return text.split("|")

    def send(self, outgoing: Outgoing) -> Receipt:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(outgoing.text)
        return Receipt(provider_id=f"P{self.sent}", thread_keys=(f"key-{self.sent}",))

    def reconcile(self, outgoing: Outgoing) -> Reconciled:
        return self.found


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
    def install(*failures: Exception) -> ScriptedAdapter:
        scripted = ScriptedAdapter(*failures)
        monkeypatch.setitem(adapters._ADAPTERS, "web", scripted)
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
    assert recovery.retry_delivery(queued, now=now)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    alert.refresh_from_db()
    assert (queued.state, scripted.sent) == (State.SENT, 1)
    assert alert.cleared_at is not None


def test_what_failed_too_often_stops(
    queued: Delivery,
    adapter: Callable[..., ScriptedAdapter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breaker, "FAILURES", 100)  # or it would be held back before
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
    recovery.rescue_deliveries(now=now)
    queued.refresh_from_db()
    assert queued.state == State.UNKNOWN
    assert reconciliation.enqueue_unknown(now=now) == 1


def test_a_web_reply_whose_worker_died_is_simply_sent(queued: Delivery, now: datetime) -> None:
    Delivery.objects.filter(pk=queued.pk).update(
        state=State.SENDING, lease_until=now - timedelta(seconds=1)
    )
    ProcrastinateJob.objects.filter(task_name="channels.deliver")._raw_delete("default")
    assert recovery.rescue_deliveries(now=now) == 1
    assert ProcrastinateJob.objects.filter(task_name="channels.deliver").count() == 1


def test_a_queued_reply_that_lost_its_job_gets_another(queued: Delivery, now: datetime) -> None:
    ProcrastinateJob.objects.filter(task_name="channels.deliver")._raw_delete("default")
    assert recovery.rescue_deliveries(now=now) == 0
    assert recovery.rescue_deliveries(now=now + timedelta(hours=1)) == 1


def test_sweeps_do_not_pile_up_jobs(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter], now: datetime
) -> None:
    later = now + timedelta(hours=1)
    assert [recovery.rescue_deliveries(now=later) for _ in range(3)] == [0, 0, 0]
    ProcrastinateJob.objects.filter(task_name="channels.deliver")._raw_delete("default")
    assert [recovery.rescue_deliveries(now=later) for _ in range(3)] == [1, 0, 0]
    adapter(OutcomeUnknown("no answer"))
    delivery.deliver(queued.pk)
    assert [reconciliation.enqueue_unknown(now=later) for _ in range(3)] == [0, 0, 0]
    ProcrastinateJob.objects.filter(task_name="channels.reconcile")._raw_delete("default")
    assert [reconciliation.enqueue_unknown(now=later) for _ in range(3)] == [1, 0, 0]


def test_a_sweep_takes_the_oldest_first_and_not_everything(
    ask: Ask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "SWEPT_AT_ONCE", 1)
    old, new = (answer(ask, now, text).deliveries.get() for text in ("old", "new"))
    Delivery.objects.filter(pk=new.pk).update(changed_at=now - timedelta(hours=1))
    Delivery.objects.filter(pk=old.pk).update(changed_at=now - timedelta(hours=2))
    ProcrastinateJob.objects.filter(task_name="channels.deliver")._raw_delete("default")
    assert recovery.rescue_deliveries(now=now) == 1
    job = ProcrastinateJob.objects.get(task_name="channels.deliver")
    assert job.args["delivery_id"] == old.pk


def test_what_waits_behind_a_held_reply_is_not_queued_for_nothing(
    queued: Delivery, ask: Ask, now: datetime
) -> None:
    held, behind = (
        answer(ask, now, text, Ticket.objects.get()).deliveries.get() for text in ("one", "two")
    )
    Delivery.objects.filter(pk=queued.pk).update(state=State.SENT)
    Delivery.objects.filter(pk=held.pk).update(state=State.HELD)
    ProcrastinateJob.objects.filter(task_name="channels.deliver")._raw_delete("default")
    assert recovery.rescue_deliveries(now=now + timedelta(hours=1)) == 0
    assert behind.state == State.QUEUED


def test_what_was_cancelled_is_not_sent(queued: Delivery, now: datetime) -> None:
    assert recovery.cancel_delivery(queued, now=now)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.CANCELLED
    assert not recovery.cancel_delivery(queued, now=now)


def test_the_customer_is_told_once_and_without_content(queued: Delivery) -> None:
    delivery.deliver(queued.pk)
    for _ in range(2):
        notices.notify_customer(queued.message_id)
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert "/status/TKT-" in sent.body
    assert "Under Settings" not in sent.body


def test_the_notice_holds_nothing_that_was_typed(ask: Ask, now: datetime) -> None:
    """Anybody may type another's address and a subject: the desk mails no words of theirs."""
    typed = "Cheap pills at evil.example"
    message = answer(ask, now, "Hello.", ask(typed, subject=typed, name=typed))
    delivery.deliver(message.deliveries.get().pk)
    notices.notify_customer(message.pk)
    (sent,) = mail.outbox
    assert "evil.example" not in str(sent.message())


def test_the_notice_is_greeted_and_signed(queued: Delivery) -> None:
    ChannelConfig.objects.filter(channel="web").update(greeting="Hello,", signature="Brightlane")
    delivery.deliver(queued.pk)
    notices.notify_customer(queued.message_id)
    assert mail.outbox[0].body.startswith("Hello,\n\nThere is a reply")
    assert mail.outbox[0].body.endswith("Brightlane\n")


def test_a_customer_who_has_seen_the_reply_gets_no_mail(queued: Delivery) -> None:
    delivery.deliver(queued.pk)
    Ticket.objects.update(viewed_at=timezone.now() + timedelta(seconds=1))
    notices.notify_customer(queued.message_id)
    assert mail.outbox == []


def test_a_look_at_the_page_before_the_reply_was_on_it_does_not_count(queued: Delivery) -> None:
    Ticket.objects.update(viewed_at=timezone.now())  # after it was written
    delivery.deliver(queued.pk)
    notices.notify_customer(queued.message_id)
    assert len(mail.outbox) == 1


def test_the_notice_outlives_a_mail_server_that_is_away(
    queued: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    delivery.deliver(queued.pk)
    with monkeypatch.context() as away:
        away.setattr(notices, "send_mail", refuse)
        with pytest.raises(ConnectionRefusedError):
            notices.notify_customer(queued.message_id)
    notices.notify_customer(queued.message_id)
    assert len(mail.outbox) == 1


def test_the_notice_of_a_worker_that_died_is_mailed_when_its_lease_is_over(
    queued: Delivery, now: datetime
) -> None:
    delivery.deliver(queued.pk)
    Delivery.objects.update(notice_until=now + timedelta(minutes=1))
    ProcrastinateJob.objects.filter(task_name="channels.notify_web_customer")._raw_delete("default")
    notices.notify_customer(queued.message_id)
    assert mail.outbox == []
    job = ProcrastinateJob.objects.get(task_name="channels.notify_web_customer")
    assert job.scheduled_at == Delivery.objects.get().notice_until, "no attempt is used up before"
    Delivery.objects.update(notice_until=now - timedelta(seconds=1))
    notices.notify_customer(queued.message_id)
    assert len(mail.outbox) == 1


def test_the_notice_speaks_the_customers_language(queued: Delivery) -> None:
    delivery.deliver(queued.pk)
    Customer.objects.update(language="de")
    notices.notify_customer(queued.message_id)
    assert "Sie haben eine Antwort" in mail.outbox[0].subject


def answer(ask: Ask, now: datetime, text: str, ticket: Ticket | None = None) -> Message:
    """A staff-independent message of ours, queued as the agent would."""
    conversation = (ticket or ask()).conversation
    message = services.queue_system_reply(
        conversation=conversation, answers=None, text=text, now=now
    )
    assert message is not None
    return message


def states(message: Message) -> list[str]:
    return list(message.deliveries.order_by("part").values_list("state", flat=True))


def test_parts_leave_in_order_and_make_one_message(
    ask: Ask,
    now: datetime,
    adapter: Callable[..., ScriptedAdapter],
    run_jobs: Callable[[], int],
) -> None:
    scripted = adapter()
    message = answer(ask, now, "one|two|three")
    ProcrastinateJob.objects.exclude(task_name="channels.deliver")._raw_delete("default")
    last = message.deliveries.get(part=3)
    delivery.deliver(last.pk)  # a job that comes too early
    assert scripted.taken == []
    run_jobs()
    message.refresh_from_db()
    assert scripted.taken == ["one", "two", "three"]
    assert (message.state, states(message)) == (Message.State.SENT, [State.SENT] * 3)
    assert ThreadKey.objects.filter(conversation=message.conversation).count() == 3


def test_a_later_message_waits_for_an_earlier_one(
    ask: Ask, now: datetime, adapter: Callable[..., ScriptedAdapter]
) -> None:
    scripted = adapter(TransportError("busy", permanent=False))
    first = answer(ask, now, "first")
    second = answer(ask, now, "second", Ticket.objects.get(conversation=first.conversation))
    with pytest.raises(TransportError):
        delivery.deliver(first.deliveries.get().pk)
    delivery.deliver(second.deliveries.get().pk)
    assert scripted.taken == []
    delivery.deliver(first.deliveries.get().pk)
    delivery.deliver(second.deliveries.get().pk)
    assert scripted.taken == ["first", "second"]


def test_a_later_message_waits_while_nobody_knows_whether_the_earlier_one_left(
    ask: Ask, now: datetime, adapter: Callable[..., ScriptedAdapter], run_jobs: Callable[[], int]
) -> None:
    scripted = adapter(OutcomeUnknown("no answer"))
    first = answer(ask, now, "first").deliveries.get()
    ticket = Ticket.objects.get(conversation=first.message.conversation)
    second = answer(ask, now, "second", ticket).deliveries.get()
    delivery.deliver(first.pk)
    delivery.deliver(second.pk)
    assert scripted.taken == []
    scripted.found = Reconciled(Finding.NOT_SENT)
    reconciliation.reconcile(first.pk, now=timezone.now())
    ProcrastinateJob.objects.exclude(task_name="channels.deliver")._raw_delete("default")
    run_jobs()
    assert scripted.taken == ["first", "second"]


def test_a_later_message_does_not_wait_until_a_person_decides(
    ask: Ask, now: datetime, adapter: Callable[..., ScriptedAdapter]
) -> None:
    scripted = adapter(OutcomeUnknown("no answer"))
    first = answer(ask, now, "first").deliveries.get()
    ticket = Ticket.objects.get(conversation=first.message.conversation)
    second = answer(ask, now, "second", ticket).deliveries.get()
    delivery.deliver(first.pk)
    ProcrastinateJob.objects.all()._raw_delete("default")
    reconciliation.reconcile(first.pk, now=timezone.now())
    assert not ProcrastinateJob.objects.exists()
    Delivery.objects.filter(pk=first.pk).update(
        changed_at=timezone.now() - settlement.UNKNOWN_WAITS
    )
    reconciliation.reconcile(first.pk, now=timezone.now())
    job = ProcrastinateJob.objects.get(task_name="channels.deliver")
    assert job.args["delivery_id"] == second.pk
    delivery.deliver(second.pk)
    assert scripted.taken == ["second"]


@pytest.mark.django_db(transaction=True)
def test_a_message_queued_while_the_one_before_it_is_recorded_gets_its_job(
    queued: Delivery, bob: User
) -> None:
    """The one that is recorded waits for the one that is queued, and sees it then."""
    claim = delivery._claim(queued.pk, now=timezone.now())
    assert claim is not None
    ProcrastinateJob.objects.all()._raw_delete("default")
    record = partial(
        settlement.record_sent,
        claim.delivery,
        Receipt(),
        now=timezone.now(),
        only_if=Q(lease=claim.lease),
    )
    with beside(record) as start:
        conversation = Conversation.objects.select_for_update().get()
        later = services.queue_staff_reply(
            conversation=conversation, staff=bob, text="And one more.", now=timezone.now()
        )
        assert not ProcrastinateJob.objects.filter(task_name="channels.deliver").exists()
        start()
    following = Delivery.objects.get(message=later)
    job = ProcrastinateJob.objects.get(task_name="channels.deliver")
    assert job.args["delivery_id"] == following.pk


def test_half_an_answer_is_not_followed_by_its_rest(
    ask: Ask, now: datetime, adapter: Callable[..., ScriptedAdapter]
) -> None:
    adapter(TransportError("no", permanent=True))
    message = answer(ask, now, "one|two")
    delivery.deliver(message.deliveries.get(part=1).pk)
    assert states(message) == [State.FAILED, State.CANCELLED]
    assert recovery.retry_delivery(message.deliveries.get(part=1), now=now)
    assert states(message) == [State.QUEUED, State.QUEUED]


def test_a_provider_that_is_down_holds_replies_back_and_lets_them_go(
    ask: Ask, now: datetime, adapter: Callable[..., ScriptedAdapter]
) -> None:
    scripted = adapter(*[TransportError("down", permanent=False)] * breaker.FAILURES)
    messages = [answer(ask, now, f"m{number}") for number in range(breaker.FAILURES + 1)]
    for message in messages[:-1]:
        with pytest.raises(TransportError):
            delivery.deliver(message.deliveries.get().pk)
    delivery.deliver(messages[-1].deliveries.get().pk)
    held = messages[-1].deliveries.get()
    assert (held.state, held.attempts, scripted.taken) == (State.QUEUED, 0, [])
    assert StaffAlert.objects.get(key="breaker:web").cleared_at is None
    Breaker.objects.update(open_until=now)
    delivery.deliver(held.pk)
    assert scripted.taken == [messages[-1].text]
    assert StaffAlert.objects.get(key="breaker:web").cleared_at is not None
    assert breaker.admit("web", now=now) is None


def test_a_rate_limit_waits_as_long_as_told(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter]
) -> None:
    adapter(RateLimited("slow down", retry_after=timedelta(minutes=7)))
    delivery.deliver(queued.pk)
    job = ProcrastinateJob.objects.filter(task_name="channels.deliver").latest("id")
    assert job.scheduled_at is not None
    assert job.scheduled_at > timezone.now() + timedelta(minutes=6)


def test_a_limit_that_lasts_for_hours_fails_no_delivery(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter]
) -> None:
    limits = 2 * delivery.MAX_ATTEMPTS
    scripted = adapter(*[RateLimited("slow", retry_after=timedelta(minutes=7))] * limits)
    for _ in range(limits):
        delivery.deliver(queued.pk)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert (queued.state, queued.attempts, scripted.sent) == (State.SENT, 1, 1)


@pytest.mark.parametrize("failure", [RateLimited("slow", retry_after=timedelta(minutes=7)), None])
def test_what_is_queued_again_is_so_together_with_its_job(
    failure: RateLimited | None,
    queued: Delivery,
    adapter: Callable[..., ScriptedAdapter],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the job cannot be written the delivery stays as it was, for the sweep to find."""
    scripted = adapter(failure or OutcomeUnknown("no answer"))
    scripted.found = Reconciled(Finding.NOT_SENT)
    if failure is None:
        delivery.deliver(queued.pk)
    before = State.SENDING if failure else State.UNKNOWN

    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError

    monkeypatch.setattr(jobs, "enqueue", fail)
    again = (
        partial(delivery.deliver, queued.pk)
        if failure
        else partial(reconciliation.reconcile, queued.pk, now=now)
    )
    with pytest.raises(OperationalError):
        again()
    queued.refresh_from_db()
    assert queued.state == before


def test_an_unknown_outcome_is_never_sent_blindly(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter], now: datetime
) -> None:
    scripted = adapter(OutcomeUnknown("no answer"))
    delivery.deliver(queued.pk)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert (queued.state, scripted.sent) == (State.UNKNOWN, 0)
    job = ProcrastinateJob.objects.get(task_name="channels.reconcile")
    assert job.scheduled_at == queued.changed_at + delivery.LOOK_AFTER
    assert reconciliation.reconcile(queued.pk, now=now) == State.UNKNOWN
    assert not StaffAlert.objects.exists()
    later = timezone.now() + reconciliation.TELL_AFTER
    assert reconciliation.reconcile(queued.pk, now=later) == State.UNKNOWN
    assert StaffAlert.objects.get().key == f"delivery:{queued.pk}"


def test_what_was_sent_after_all_is_recorded_as_sent(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter], now: datetime
) -> None:
    scripted = adapter(OutcomeUnknown("no answer"))
    delivery.deliver(queued.pk)
    scripted.found = Reconciled(Finding.SENT, Receipt(provider_id="P9"))
    assert reconciliation.reconcile(queued.pk, now=now) == State.SENT
    queued.refresh_from_db()
    assert (queued.provider_id, scripted.sent) == ("P9", 0)


def test_what_was_certainly_not_sent_is_sent_again(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter], now: datetime
) -> None:
    scripted = adapter(OutcomeUnknown("no answer"))
    delivery.deliver(queued.pk)
    scripted.found = Reconciled(Finding.NOT_SENT)
    assert reconciliation.reconcile(queued.pk, now=now) == State.QUEUED
    delivery.deliver(queued.pk)
    assert scripted.sent == 1


def test_what_is_held_back_is_told_to_staff_and_released(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter]
) -> None:
    scripted = adapter(HeldBack("The 24 hours are over."))
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert (queued.state, queued.problem) == (State.HELD, "The 24 hours are over.")
    assert StaffAlert.objects.get().detail == "The 24 hours are over."
    assert recovery.release_held(conversation_id=queued.message.conversation_id) == 1
    delivery.deliver(queued.pk)
    assert scripted.sent == 1


def test_nothing_is_sent_to_an_address_that_refused(
    ask: Ask, now: datetime, adapter: Callable[..., ScriptedAdapter]
) -> None:
    scripted = adapter(AddressRefused("The customer opted out."))
    first = answer(ask, now, "first")
    delivery.deliver(first.deliveries.get().pk)
    assert Suppression.objects.get().address == "alice@example.com"
    second = answer(ask, now, "second")
    delivery.deliver(second.deliveries.get().pk)
    assert (scripted.taken, states(second)) == ([], [State.HELD])


def test_a_channel_that_is_switched_off_sends_nothing(
    queued: Delivery, adapter: Callable[..., ScriptedAdapter]
) -> None:
    scripted = adapter()
    ChannelConfig.objects.filter(channel="web").update(enabled=False)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert (queued.state, scripted.sent) == (State.HELD, 0)


def test_every_attempt_is_kept(queued: Delivery, adapter: Callable[..., ScriptedAdapter]) -> None:
    adapter(TransportError("busy", permanent=False))
    with pytest.raises(TransportError):
        delivery.deliver(queued.pk)
    delivery.deliver(queued.pk)
    assert [(a.number, a.outcome, a.problem) for a in queued.history.all()] == [
        (1, State.QUEUED, "busy"),
        (2, State.SENT, ""),
    ]
