"""The way of a queued message to its customer: claim, send, record.

A delivery is claimed by a conditional update that sets a lease. The send stands between two
transactions, never inside one; its outcome is recorded only by the holder of the lease.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.adapters import get_adapter
from channels.models import Delivery
from channels.types import Receipt, TransportError
from config import jobs
from crm import alerts
from crm.models import Conversation, Message

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
# Past the longest pause between two attempts, so what is still queued then has lost its job.
ABANDONED_AFTER = timedelta(minutes=10)
NOTICE_DELAY = timedelta(minutes=1)
MAX_ATTEMPTS = 8
State = Delivery.State


@dataclass(frozen=True, slots=True)
class _Claim:
    delivery: Delivery
    lease: uuid.UUID


def queue_delivery(message_id: int) -> None:
    """Creates the message's delivery and its job, in the transaction that queued the message."""
    message = Message.objects.select_related("conversation").get(pk=message_id)
    delivery = Delivery.objects.create(
        message=message, created_at=message.created_at, changed_at=message.created_at
    )
    _enqueue(delivery)


def deliver(delivery_id: int) -> None:
    """Sends one delivery at most once at a time; does nothing if another process has it.

    Raises TransportError after a failure that may pass, so that the queue tries again.
    """
    claim = _claim(delivery_id, now=timezone.now())
    if claim is None:
        return
    message = claim.delivery.message
    try:
        receipt = get_adapter(message.conversation.channel).send(message)
    except TransportError as error:
        _record_failure(claim, error, now=timezone.now())
        if not error.permanent and claim.delivery.attempts < MAX_ATTEMPTS:
            raise
    else:
        _record_success(claim, receipt, now=timezone.now())


def retry_delivery(delivery: Delivery, *, now: datetime) -> bool:
    """Queues a failed or cancelled delivery again, for a person; False if it is neither."""
    with transaction.atomic():
        queued = Delivery.objects.filter(
            pk=delivery.pk, state__in=[State.FAILED, State.UNKNOWN, State.CANCELLED]
        ).update(
            state=State.QUEUED,
            attempts=0,
            problem="",
            lease=None,
            lease_until=None,
            changed_at=now,
        )
        if queued:
            turn = delivery.message.conversation.turn  # a person wants it sent in this turn
            Message.objects.filter(pk=delivery.message_id).update(
                state=Message.State.QUEUED, turn=turn
            )
            _enqueue(delivery)
            alerts.clear_alert(_alert_key(delivery), now=now)
    return bool(queued)


def cancel_delivery(delivery: Delivery, *, now: datetime) -> bool:
    """Keeps a message that was not sent yet from being sent; False if it is too late."""
    with transaction.atomic():
        cancelled = Delivery.objects.filter(
            pk=delivery.pk, state__in=[State.QUEUED, State.FAILED, State.UNKNOWN]
        ).update(state=State.CANCELLED, lease=None, lease_until=None, changed_at=now)
        if cancelled:
            Message.objects.filter(pk=delivery.message_id).update(state=Message.State.CANCELLED)
            alerts.clear_alert(_alert_key(delivery), now=now)
    return bool(cancelled)


def rescue_deliveries(*, now: datetime) -> int:
    """Queues again what no process is sending although it should be; returns how many.

    A worker that died while sending leaves an expired lease. Where the channel can repeat a
    send without harm it is repeated; elsewhere a person decides.
    """
    abandoned = Delivery.objects.filter(
        Q(state=State.SENDING, lease_until__lt=now)
        | Q(state=State.QUEUED, changed_at__lt=now - ABANDONED_AFTER)
    ).select_related("message__conversation")
    rescued = 0
    for delivery in abandoned:
        repeatable = get_adapter(delivery.message.conversation.channel).repeatable
        with transaction.atomic():
            if delivery.state == State.QUEUED or repeatable:
                _enqueue(delivery)
                rescued += 1
            elif _release(delivery, State.UNKNOWN, _("The worker died while sending.")):
                _alert(delivery, _("Look whether the customer received it, then retry or cancel."))
    return rescued


@transaction.atomic
def _claim(delivery_id: int, *, now: datetime) -> _Claim | None:
    """Takes the lease, or cancels an agent's reply that a person overtook meanwhile."""
    lease = uuid.uuid4()
    claimed = (
        Delivery.objects.filter(pk=delivery_id)
        .filter(Q(state=State.QUEUED) | Q(state=State.SENDING, lease_until__lt=now))
        .update(
            state=State.SENDING,
            lease=lease,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            changed_at=now,
        )
    )
    if not claimed:
        return None
    delivery = Delivery.objects.select_related("message__conversation").get(pk=delivery_id)
    message = delivery.message
    # Locked, so that a person who takes over now is before or after this, never in between.
    conversation = Conversation.objects.select_for_update().get(pk=message.conversation_id)
    if message.author == Message.Author.AGENT and message.turn != conversation.turn:
        _release(delivery, State.CANCELLED, _("A person took over before it was sent."))
        Message.objects.filter(pk=message.pk).update(state=Message.State.CANCELLED)
        return None
    return _Claim(delivery, lease)


@transaction.atomic
def _record_success(claim: _Claim, receipt: Receipt, *, now: datetime) -> None:
    recorded = Delivery.objects.filter(pk=claim.delivery.pk, lease=claim.lease).update(
        state=State.SENT,
        provider_id=receipt.provider_id,
        sent_at=now,
        changed_at=now,
        lease=None,
        lease_until=None,
        problem="",
    )
    if recorded:
        Message.objects.filter(pk=claim.delivery.message_id).update(state=Message.State.SENT)
        message = claim.delivery.message
        if message.conversation.channel == Conversation.Channel.WEB:
            jobs.enqueue(
                "channels.notify_web_customer", at=now + NOTICE_DELAY, message_id=message.pk
            )
        log.info("message_sent", message=message.pk, channel=message.conversation.channel)


@transaction.atomic
def _record_failure(claim: _Claim, error: TransportError, *, now: datetime) -> None:
    delivery = claim.delivery
    final = error.permanent or delivery.attempts >= MAX_ATTEMPTS
    recorded = Delivery.objects.filter(pk=delivery.pk, lease=claim.lease).update(
        state=State.FAILED if final else State.QUEUED,
        problem=str(error),
        lease=None,
        lease_until=None,
        changed_at=now,
    )
    if recorded and final:
        Message.objects.filter(pk=delivery.message_id).update(state=Message.State.FAILED)
        _alert(delivery, str(error), now=now)


def _release(delivery: Delivery, state: str, problem: str) -> bool:
    return bool(
        Delivery.objects.filter(pk=delivery.pk, state=State.SENDING).update(
            state=state, problem=problem, lease=None, lease_until=None
        )
    )


def _enqueue(delivery: Delivery) -> None:
    """One lock a conversation, so that its messages leave in the order they were written."""
    conversation_id = delivery.message.conversation_id
    jobs.enqueue(
        "channels.deliver",
        lock=f"delivery:{conversation_id}",
        queue="delivery",
        delivery_id=delivery.pk,
    )


def _alert(delivery: Delivery, detail: str, *, now: datetime | None = None) -> None:
    alerts.raise_alert(
        _alert_key(delivery),
        title=_("A message to a customer was not delivered"),
        detail=detail,
        now=now or timezone.now(),
    )


def _alert_key(delivery: Delivery) -> str:
    return f"delivery:{delivery.pk}"
