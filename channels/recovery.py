"""Deliveries that did not go by themselves: what a person or the periodic rescue does."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from channels import settlement
from channels.adapters import get_adapter
from channels.models import Delivery, Suppression
from crm import alerts
from crm.models import Message, Rescue
from crm.rescues import note_rescue
from tickets.cancellation import put_forward_reply

# Past the longest pause between two attempts, so what is still queued then has lost its job.
ABANDONED_AFTER = timedelta(minutes=10)
# Jobs that one sweep writes at most; the next one, a minute later, goes on.
SWEPT_AT_ONCE = 200
State = Delivery.State


def retry_delivery(delivery: Delivery, *, now: datetime) -> bool:
    """Queues what did not arrive again, for a person; False if there is nothing to retry, or
    if another answer was given in place of one that was cancelled."""
    retryable = [State.FAILED, State.UNKNOWN, State.CANCELLED, State.HELD]
    with transaction.atomic():
        settlement.lock_conversation(delivery)
        message = Message.objects.select_related("conversation").get(pk=delivery.message_id)
        cancelled = message.state == Message.State.CANCELLED
        if cancelled and not put_forward_reply(message=message, now=now):
            return False
        later = Delivery.objects.filter(
            message=delivery.message_id, part__gte=delivery.part, state__in=retryable
        )
        queued = later.update(
            state=State.QUEUED,
            attempts=0,
            problem="",
            lease=None,
            lease_until=None,
            intent_ref="",
            changed_at=now,
        )
        if queued:
            turn = message.conversation.turn  # a person wants it sent in this turn
            Message.objects.filter(pk=delivery.message_id).update(
                state=Message.State.QUEUED, turn=turn
            )
            alerts.clear_alert(settlement.alert_key(delivery), now=now)
            settlement.enqueue_next(delivery.message.conversation_id, now=now)
    return bool(queued)


def cancel_delivery(delivery: Delivery, *, now: datetime) -> bool:
    """Keeps a message that was not sent yet from being sent; False if it is too late.

    What it was to answer waits again, for people.
    """
    cancellable = [State.QUEUED, State.HELD, State.FAILED, State.UNKNOWN]
    with transaction.atomic():
        settlement.lock_conversation(delivery)
        return _cancel(delivery, cancellable, now=now)


def _cancel(delivery: Delivery, cancellable: list[State], *, now: datetime) -> bool:
    cancelled = settlement.record_state(
        delivery,
        State.CANCELLED,
        _("Cancelled by staff."),
        now=now,
        only_if=Q(state__in=cancellable),
    )
    if cancelled:
        alerts.clear_alert(settlement.alert_key(delivery), now=now)
    return cancelled


@transaction.atomic
def lift_suppression(suppression: Suppression) -> int:
    """The address takes mail again, so a person says; what was held back is queued: how many."""
    suppression.delete()
    return release_held(channel=suppression.channel, address=suppression.address)


def note_sign_of_life(*, channel: str, address: str) -> None:
    """Somebody wrote from the address for certain, so it exists: what a bounce said of it no
    longer counts. The caller releases what it held back."""
    Suppression.objects.filter(channel=channel, address=address).delete()


def release_held(
    *, channel: str = "", conversation_id: int | None = None, address: str = ""
) -> int:
    """Queues what was held back again, of a channel, a conversation or a normalised address;
    returns how many."""
    held = Delivery.objects.filter(state=State.HELD).select_related("message")
    if channel:
        held = held.filter(message__conversation__channel=channel)
    if conversation_id:
        held = held.filter(message__conversation=conversation_id)
    if address:
        held = held.filter(message__conversation__identifier__value=address)
    released = 0
    for delivery in held.order_by("message_id", "part"):
        with transaction.atomic():
            settlement.lock_conversation(delivery)
            if Delivery.objects.filter(pk=delivery.pk, state=State.HELD).update(state=State.QUEUED):
                settlement.enqueue_next(delivery.message.conversation_id, now=timezone.now())
                released += 1
    return released


def rescue_deliveries(*, now: datetime) -> int:
    """Queues again, oldest first, what no process is sending although it should be and what no
    job waits for; returns how many.

    A worker that died while sending leaves an expired lease. Where the channel can repeat a
    send without harm it is repeated; elsewhere its outcome is unknown and is looked up.
    """
    # What waits behind another message is enqueued when that one's outcome is recorded.
    waiting_before = Delivery.objects.filter(
        settlement.unfinished(now=now),
        message__conversation=OuterRef("message__conversation"),
        message_id__lt=OuterRef("message_id"),
    )
    abandoned = (
        Delivery.objects.filter(
            Q(state=State.SENDING, lease_until__lt=now)
            | Q(state=State.QUEUED, changed_at__lt=now - ABANDONED_AFTER)
        )
        .exclude(Exists(waiting_before))
        .select_related("message__conversation")
        .order_by("changed_at", "pk")
    )
    rescued = unknown = 0
    for delivery in abandoned.iterator():
        if rescued == SWEPT_AT_ONCE:
            break
        conversation = delivery.message.conversation
        if delivery.state == State.SENDING and not get_adapter(conversation.channel).repeatable:
            settlement.record_state(
                delivery,
                State.UNKNOWN,
                _("The worker died while sending."),
                now=now,
                only_if=Q(state=State.SENDING, lease=delivery.lease),
            )
            unknown += 1
            continue
        with transaction.atomic():
            rescued += bool(settlement.enqueue(delivery.pk, conversation.pk, unless_queued=True))
    note_rescue(Rescue.Kind.LEASE, now=now, count=rescued + unknown)
    return rescued
