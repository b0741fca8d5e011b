"""Wherever a worker dies or Gmail fails, each reply leaves once, or a person is told."""

import contextlib
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels import adapters, breaker, delivery, settlement
from channels.gmail import adapter
from channels.gmail.client import GmailClient
from channels.gmail.double import Fault, GmailDouble
from channels.models import Delivery
from channels.types import Outgoing, Reconciled, TransportError
from crm.models import StaffAlert
from tests.channels.gmail.desk import (
    answer,
    conversation_of,
    expire_lease,
    receive,
    send,
    sent_once,
    settle,
)
from tests.channels.gmail.mails import mail
from tests.kills import Killed, die_in

pytestmark = pytest.mark.django_db
State = Delivery.State
AFTER = [fault for fault in Fault if fault.takes_effect]
BEFORE = [Fault.UNAVAILABLE_BEFORE, Fault.TIMEOUT_BEFORE, Fault.RESET_BEFORE, Fault.CLOSE_BEFORE]
REPLIES = 60


@pytest.fixture
def impatient(settings: Any, double: GmailDouble) -> GmailDouble:
    """The client gives up soon, and the double hangs only a little longer."""
    double.hang_seconds = 0.5
    settings.PROVIDER_TIMEOUT_SECONDS = 0.15
    return double


@pytest.fixture
def queued(double: GmailDouble) -> Delivery:
    return answer(conversation_of(receive(mail())))


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        (GmailClient, "create_draft", False),
        (GmailClient, "create_draft", True),  # the draft is there, its id is lost
        (adapter, "_send", False),  # its id is kept, nothing is sent
        (GmailClient, "send_draft", True),  # it is sent, nothing is recorded
        (settlement, "record_sent", False),
    ],
)
def test_a_worker_that_dies_sends_nothing_twice(
    double: GmailDouble,
    queued: Delivery,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    after: bool,
) -> None:
    die_in(monkeypatch, owner, name, after=after)
    with pytest.raises(Killed):
        delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.SENDING
    assert settle(queued).state == State.SENT
    assert sent_once(double, queued)
    assert len(double.mailbox.drafts) == 0
    assert double.calls["create_draft"] == 1


def test_a_worker_that_dies_before_its_job_is_finished_sends_nothing_when_the_job_comes_again(
    double: GmailDouble, queued: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_in(monkeypatch, settlement, "record_sent", after=True)
    for _run in range(2):
        with contextlib.suppress(Killed):
            delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.SENT
    assert sent_once(double, queued)


def test_a_paused_worker_that_comes_back_sends_nothing_twice(
    double: GmailDouble, queued: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes just before its send, after another worker has sent the same draft."""
    real = adapter._send

    def pause(client: GmailClient, draft_id: str) -> Any:
        monkeypatch.setattr(adapter, "_send", real)
        expire_lease(queued)
        assert settle(queued).state == State.SENT
        return real(client, draft_id)

    monkeypatch.setattr(adapter, "_send", pause)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.SENT
    assert sent_once(double, queued)


def test_a_worker_that_lost_its_lease_before_the_intent_sends_nothing(
    double: GmailDouble, queued: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = adapter._prepare

    def pause(client: GmailClient, outgoing: Outgoing, *rest: Any) -> str:
        monkeypatch.setattr(adapter, "_prepare", real)
        draft_id = real(client, outgoing, *rest)
        expire_lease(queued)
        assert settle(queued).state == State.SENT
        return draft_id

    monkeypatch.setattr(adapter, "_prepare", pause)
    delivery.deliver(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.SENT
    assert sent_once(double, queued)


@pytest.mark.parametrize("operation", ["create_draft", "send_draft"])
@pytest.mark.parametrize("fault", [*AFTER, *BEFORE])
def test_each_fault_at_each_step_leads_to_one_mail(
    impatient: GmailDouble, queued: Delivery, operation: str, fault: Fault
) -> None:
    impatient.faults.queue(operation, fault)
    send(queued)
    assert settle(queued).state == State.SENT
    assert sent_once(impatient, queued)
    assert len(impatient.mailbox.drafts) == 0


def test_a_look_up_that_fails_decides_nothing(impatient: GmailDouble, queued: Delivery) -> None:
    impatient.faults.queue("send_draft", Fault.CLOSE_AFTER)
    send(queued)
    impatient.faults.queue("get_draft", Fault.UNAVAILABLE_BEFORE)
    impatient.faults.queue("thread", Fault.RATE_LIMITED)
    assert settle(queued, rounds=1).state == State.UNKNOWN
    assert settle(queued).state == State.SENT
    assert sent_once(impatient, queued)


def test_without_a_noted_draft_nothing_was_sent_and_nobody_has_to_look(
    impatient: GmailDouble, queued: Delivery
) -> None:
    Delivery.objects.filter(pk=queued.pk).update(state=State.UNKNOWN)
    impatient.tokens.invalid_grant = True

    def reconcile(draft_id: str) -> Reconciled:
        outgoing = Outgoing(
            queued.message, 1, "", str(queued.token), draft_id, lambda _: None, timezone.now()
        )
        return adapters.get_adapter("email").reconcile(outgoing)

    assert reconcile("").finding == "not sent"
    with pytest.raises(TransportError):
        reconcile("r-1")


@pytest.mark.django_db(transaction=True)  # one of this length slows PostgreSQL down
def test_replies_under_every_fault_leave_once_or_are_put_before_a_person(
    impatient: GmailDouble, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Each of eleven faults has 5 %, so that two calls of five fail. `benchmarks.storm`
    does the same to a whole desk."""
    monkeypatch.setattr(breaker, "FAILURES", 10**6)  # a pause would only take time here
    monkeypatch.setattr(delivery, "MAX_ATTEMPTS", 50)
    impatient.hang_seconds, settings.PROVIDER_TIMEOUT_SECONDS = 0.1, 0.05
    impatient.faults.seed(20261121)
    deliveries = [
        answer(conversation_of(receive(mail(message_id=f"<s{n}@x>", sender=f"c{n}@example.com"))))
        for n in range(REPLIES)
    ]
    operations = ("create_draft", "send_draft", "get_draft", "drafts", "thread", "get", "list")
    for operation in operations:
        for fault in (*AFTER, *BEFORE, Fault.RATE_LIMITED, Fault.USER_RATE_LIMITED):
            impatient.faults.chance(operation, fault, 0.05)
    for each in deliveries:
        settle(each, rounds=60)
    states = Counter(Delivery.objects.values_list("state", flat=True))
    sent = Counter(impatient.sent_per_delivery())
    assert set(states) <= {State.SENT, State.UNKNOWN}
    assert max(sent.values()) == 1
    assert set(
        map(str, Delivery.objects.filter(state=State.SENT).values_list("token", flat=True))
    ) <= set(sent)
    Delivery.objects.filter(state=State.UNKNOWN).update(
        changed_at=timezone.now() - timedelta(minutes=16)
    )
    for each in Delivery.objects.filter(state=State.UNKNOWN):
        settle(each, rounds=1)
    told = StaffAlert.objects.filter(key__startswith="delivery:", cleared_at=None).count()
    assert told == Delivery.objects.filter(state=State.UNKNOWN).count()
