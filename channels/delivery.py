"""The way of a queued message to its customer: claim, send, record.

A delivery is claimed by a conditional update that sets a lease. The send stands between two
transactions, never inside one; its outcome is recorded only by the holder of the lease.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from channels import breaker, caps, settlement
from channels.adapters import Adapter, get_adapter
from channels.models import ChannelConfig, Delivery, Suppression
from channels.types import (
    AddressRefused,
    HeldBack,
    OutcomeUnknown,
    Outgoing,
    RateLimited,
    TransportError,
)
from config import jobs
from crm.models import Conversation, Message
from crm.remembered import Remembered

LEASE = timedelta(minutes=2)
# By then a provider mostly shows what it took although its answer was lost.
LOOK_AFTER = timedelta(seconds=10)
MAX_ATTEMPTS = 8
State = Delivery.State


@dataclass(frozen=True, slots=True)
class _Claim:
    delivery: Delivery
    adapter: Adapter
    lease: uuid.UUID

    @property
    def channel(self) -> str:
        return self.delivery.message.conversation.channel


_configs = Remembered(lambda: {config.channel: config for config in ChannelConfig.objects.all()})


def queue_delivery(message: Message) -> None:
    """Creates the deliveries of a message's parts and the first one's job, in the transaction
    that queued the message. The longest part that staff set is `Remembered`."""
    settings = _configs.get().get(message.conversation.channel)
    parts = get_adapter(message.conversation.channel).split(
        message.text, limit=settings.length_limit if settings else None
    )
    Delivery.objects.bulk_create(
        Delivery(
            message=message,
            part=number,
            text=text,
            created_at=message.created_at,
            changed_at=message.created_at,
        )
        for number, text in enumerate(parts, start=1)
    )
    settlement.enqueue_next(message.conversation_id, now=timezone.now())


def deliver(delivery_id: int) -> None:
    """Sends one delivery at most once at a time; does nothing if another process has it, or if
    an earlier message of the conversation has to go first.

    Raises TransportError after a failure that may pass, so that the queue tries again.
    """
    claim = _claim(delivery_id, now=timezone.now())
    if claim is None:
        return
    ours = Q(lease=claim.lease)
    try:
        receipt = claim.adapter.send(_outgoing(claim))
    except HeldBack as why:
        _hold(claim, str(why), now=timezone.now())
    except OutcomeUnknown as error:
        _leave_unknown(claim, str(error), now=timezone.now())
    except TransportError as error:
        _record_failure(claim, error, now=timezone.now())
    else:
        now = timezone.now()
        settlement.record_sent(claim.delivery, receipt, now=now, only_if=ours)
        breaker.note_success(claim.channel, now=now)


@transaction.atomic
def _claim(delivery_id: int, *, now: datetime) -> _Claim | None:
    """Takes the lease of what is next in its conversation; cancels an agent's reply that a
    person overtook and an automatic one that is one too many, and holds back what its channel
    or address does not take now."""
    # Locked, so that a person who takes over now is before or after this, never in between.
    conversation = Conversation.objects.select_for_update(of=("self",)).get(
        messages__deliveries=delivery_id
    )
    delivery = settlement.next_in_line(conversation.pk, now=now)
    if delivery is None or delivery.pk != delivery_id:
        return None
    delivery.message.conversation = conversation
    adapter = get_adapter(conversation.channel)
    claimable = Q(state=State.QUEUED)
    if adapter.repeatable:
        claimable |= Q(state=State.SENDING, lease_until__lt=now)
    lease = uuid.uuid4()
    claimed = (
        Delivery.objects.filter(pk=delivery_id)
        .filter(claimable)
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
    if delivery.state == State.SENDING:  # who held it last may have prepared something just now
        delivery.refresh_from_db(fields=["intent_ref"])
    delivery.state, delivery.lease = State.SENDING, lease
    delivery.attempts += 1
    claim = _Claim(delivery, adapter, lease)
    message = delivery.message
    if message.author == Message.Author.AGENT and message.turn != conversation.turn:
        problem = _("A person took over before it was sent.")
        settlement.record_state(delivery, State.CANCELLED, problem, now=now, only_if=Q(lease=lease))
        return None
    excess = caps.find_excess(delivery, now=now)
    if excess:
        caps.refuse(delivery, excess, now=now, only_if=Q(lease=lease))
        return None
    obstacle = _find_obstacle(claim, now=now)
    if obstacle:
        _hold(claim, obstacle, now=now)
        return None
    open_until = breaker.admit(conversation.channel, now=now)
    if open_until is not None:
        # Not an attempt, for nothing was tried: it is as if it had not been claimed.
        Delivery.objects.filter(pk=delivery.pk, lease=lease).update(
            state=State.QUEUED, lease=None, lease_until=None, attempts=F("attempts") - 1
        )
        settlement.enqueue(delivery.pk, conversation.pk, at=open_until)
        return None
    return claim


def _find_obstacle(claim: _Claim, *, now: datetime) -> str:
    conversation = claim.delivery.message.conversation
    if ChannelConfig.objects.filter(channel=conversation.channel, enabled=False).exists():
        return _("The channel is switched off in its settings.")
    identifier = conversation.identifier
    suppression = (
        identifier
        and Suppression.objects.filter(
            channel=conversation.channel, address=identifier.value
        ).first()
    )
    return suppression.reason if suppression else ""


def _hold(claim: _Claim, why: str, *, now: datetime) -> None:
    with transaction.atomic():
        held = settlement.record_state(
            claim.delivery, State.HELD, why, now=now, only_if=Q(lease=claim.lease)
        )
        if held:
            settlement.alert(claim.delivery, why, now=now)


def _outgoing(claim: _Claim) -> Outgoing:
    delivery = claim.delivery

    def keep_intent(reference: str) -> None:
        kept = Delivery.objects.filter(pk=delivery.pk, lease=claim.lease).update(
            intent_ref=reference
        )
        if not kept:
            raise OutcomeUnknown(_("Another worker took over."))

    first = delivery.history.order_by("id").first()
    return Outgoing(
        message=delivery.message,
        part=delivery.part,
        text=delivery.text or delivery.message.text,
        token=str(delivery.token),
        intent_ref=delivery.intent_ref,
        keep_intent=keep_intent,
        first_tried_at=first.at if first else delivery.changed_at,
    )


def _record_failure(claim: _Claim, error: TransportError, *, now: datetime) -> None:
    """Raises the error if the queue should try again."""
    delivery, ours = claim.delivery, Q(lease=claim.lease)
    if isinstance(error, AddressRefused):
        settlement.suppress(delivery, str(error), now=now)
    if isinstance(error, RateLimited):
        _postpone(claim, error, now=now)
        return
    if error.permanent or delivery.attempts >= MAX_ATTEMPTS:
        settlement.record_state(delivery, State.FAILED, str(error), now=now, only_if=ours)
        return
    settlement.record_state(delivery, State.QUEUED, str(error), now=now, only_if=ours)
    breaker.note_failure(claim.channel, now=now)
    raise error


@transaction.atomic
def _leave_unknown(claim: _Claim, why: str, *, now: datetime) -> None:
    """Looked up soon; the periodic look-ups go on where that tells nothing."""
    delivery = claim.delivery
    if settlement.record_state(delivery, State.UNKNOWN, why, now=now, only_if=Q(lease=claim.lease)):
        jobs.enqueue(
            "channels.reconcile", queue="delivery", at=now + LOOK_AFTER, delivery_id=delivery.pk
        )


@transaction.atomic
def _postpone(claim: _Claim, error: RateLimited, *, now: datetime) -> None:
    """Queued again together with the job that is due when the provider takes it. A limit may last
    for hours and says nothing of the message, so it does not count as an attempt."""
    delivery = claim.delivery
    if settlement.record_state(
        delivery, State.QUEUED, str(error), now=now, only_if=Q(lease=claim.lease)
    ):
        Delivery.objects.filter(pk=delivery.pk).update(attempts=F("attempts") - 1)
        conversation_id = delivery.message.conversation_id
        settlement.enqueue(delivery.pk, conversation_id, at=now + error.retry_after)
