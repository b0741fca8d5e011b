"""Sends whose outcome is unknown: looked up at the provider before anything is sent again."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from channels import settlement
from channels.adapters import get_adapter
from channels.models import Delivery
from channels.types import Finding, Outgoing, TransportError
from config import jobs

# After this long a person decides; the look-ups go on meanwhile.
TELL_AFTER = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=1)
State = Delivery.State


def enqueue_unknown(*, now: datetime) -> int:
    """A look-up job, oldest first, for each delivery whose outcome is unknown and that has none
    waiting; returns how many."""
    unknown = (
        Delivery.objects.filter(state=State.UNKNOWN, changed_at__gt=now - GIVE_UP_AFTER)
        .order_by("changed_at", "pk")
        .values_list("pk", flat=True)
    )
    return sum(
        bool(
            jobs.enqueue(
                "channels.reconcile", queue="delivery", unless_queued=True, delivery_id=delivery_id
            )
        )
        for delivery_id in unknown
    )


def reconcile(delivery_id: int, *, now: datetime) -> str:
    """Records what the provider says: sent, or queued again if it certainly was not.

    Anything else stays unknown and is put before a person after TELL_AFTER. Returns the state.
    """
    delivery = (
        Delivery.objects.select_related("message__conversation__identifier")
        .filter(pk=delivery_id, state=State.UNKNOWN)
        .first()
    )
    if delivery is None:
        return ""
    adapter = get_adapter(delivery.message.conversation.channel)
    try:
        found = adapter.reconcile(_outgoing(delivery))
    except TransportError:
        found = None
    still_unknown = Q(state=State.UNKNOWN)
    if found and found.receipt:
        settlement.record_sent(delivery, found.receipt, now=now, only_if=still_unknown)
        return State.SENT
    if found and found.finding is Finding.NOT_SENT:
        with transaction.atomic():
            settlement.record_state(delivery, State.QUEUED, "", now=now, only_if=still_unknown)
            settlement.enqueue_next(delivery.message.conversation_id, now=now)
        return State.QUEUED
    if now >= delivery.changed_at + settlement.UNKNOWN_WAITS:
        _let_pass(delivery, now=now)
    if now >= delivery.changed_at + TELL_AFTER:
        settlement.alert(
            delivery,
            _("Nobody knows whether it was received. Look at the provider, then retry or cancel."),
            now=now,
        )
    return State.UNKNOWN


@transaction.atomic
def _let_pass(delivery: Delivery, *, now: datetime) -> None:
    """What waited behind the delivery goes on."""
    conversation = settlement.lock_conversation(delivery)
    settlement.enqueue_next(conversation.pk, now=now, unless_queued=True)


def _outgoing(delivery: Delivery) -> Outgoing:
    first = delivery.history.order_by("id").first()
    return Outgoing(
        message=delivery.message,
        part=delivery.part,
        text=delivery.text or delivery.message.text,
        token=str(delivery.token),
        intent_ref=delivery.intent_ref,
        keep_intent=lambda reference: None,
        first_tried_at=first.at if first else delivery.changed_at,
    )
