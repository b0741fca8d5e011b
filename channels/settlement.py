"""What became of a delivery, recorded once, with what follows from it.

Every function runs in one transaction and changes a delivery by a conditional update: the row
count says whether another process was first. The conversation is locked before, so that a message
that is queued at this moment either waits for this one's outcome or is seen as the next.
"""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from channels.models import Delivery, DeliveryAttempt, Suppression
from channels.threads import remember_thread
from channels.types import Receipt
from config import jobs
from crm import alerts
from crm.models import Conversation, Message
from tickets.cancellation import take_back_reply

log = structlog.get_logger(__name__)

NOTICE_DELAY = timedelta(minutes=1)
State = Delivery.State
# What has not left and may still leave. The first of them is the conversation's next.
WAITING = (State.QUEUED, State.SENDING, State.HELD)
# So long a send whose outcome is unknown keeps the later ones back: a look at the provider mostly
# tells by then whether it comes again, and a reply must not wait for a person's decision.
UNKNOWN_WAITS = timedelta(minutes=5)


@transaction.atomic
def record_sent(delivery: Delivery, receipt: Receipt, *, now: datetime, only_if: Q) -> bool:
    """The provider has it. `only_if` is the condition under which the caller may say so."""
    lock_conversation(delivery)
    changed = Delivery.objects.filter(only_if, pk=delivery.pk).update(
        state=State.SENT,
        provider_id=receipt.provider_id,
        provider_status=receipt.provider_status,
        sent_at=now,
        changed_at=now,
        lease=None,
        lease_until=None,
        problem="",
    )
    if not changed:
        return False
    message = delivery.message
    _keep_attempt(delivery, State.SENT, "", now)
    remember_thread(message.conversation, receipt.thread_keys)
    if not message.deliveries.exclude(state=State.SENT).exists():
        Message.objects.filter(pk=message.pk).update(state=Message.State.SENT)
        _after_sending(message, now)
    alerts.clear_alert(alert_key(delivery), now=now)
    enqueue_next(message.conversation_id, now=now)
    log.info("message_sent", message=message.pk, part=delivery.part)
    return True


@transaction.atomic
def record_state(
    delivery: Delivery, state: str, problem: str, *, now: datetime, only_if: Q
) -> bool:
    """The delivery is queued again, held, failed, unknown or cancelled, with the reason."""
    lock_conversation(delivery)
    changed = Delivery.objects.filter(only_if, pk=delivery.pk).update(
        state=state, problem=problem, changed_at=now, lease=None, lease_until=None
    )
    if not changed:
        return False
    _keep_attempt(delivery, state, problem, now)
    if state in {State.FAILED, State.CANCELLED}:
        _end_message(delivery, state, now)
        enqueue_next(delivery.message.conversation_id, now=now)
    if state == State.FAILED:
        alert(delivery, problem, now=now)
    return True


def lock_conversation(delivery: Delivery) -> Conversation:
    """Before the delivery, as everywhere. Rows may be added that refer to the conversation."""
    conversations = Conversation.objects.select_for_update(no_key=True)
    return conversations.get(pk=delivery.message.conversation_id)


def alert(delivery: Delivery, detail: str, *, now: datetime) -> None:
    alerts.raise_alert(
        alert_key(delivery),
        title=_("A message to a customer was not delivered"),
        detail=detail,
        now=now,
    )


def alert_key(delivery: Delivery) -> str:
    return f"delivery:{delivery.pk}"


def unfinished(*, now: datetime) -> Q:
    """Deliveries that keep the later ones of their conversation back."""
    return Q(state__in=WAITING) | Q(state=State.UNKNOWN, changed_at__gt=now - UNKNOWN_WAITS)


def next_in_line(conversation_id: int, *, now: datetime) -> Delivery | None:
    """What the conversation sends next: messages and their parts leave in order."""
    return (
        Delivery.objects.filter(unfinished(now=now), message__conversation=conversation_id)
        .select_related("message")
        .order_by("message_id", "part")
        .first()
    )


def enqueue_next(conversation_id: int, *, now: datetime, unless_queued: bool = False) -> None:
    following = next_in_line(conversation_id, now=now)
    if following is not None and following.state == State.QUEUED:
        enqueue(following.pk, conversation_id, unless_queued=unless_queued)


def enqueue(
    delivery_id: int,
    conversation_id: int,
    *,
    at: datetime | None = None,
    unless_queued: bool = False,
) -> int:
    return jobs.enqueue(
        "channels.deliver",
        lock=None if at else f"delivery:{conversation_id}",
        queue="delivery",
        at=at,
        unless_queued=unless_queued,
        delivery_id=delivery_id,
    )


def suppress(delivery: Delivery, reason: str, *, now: datetime) -> None:
    """Nothing is sent to this address any more, until a person lifts it or its owner writes."""
    identifier = delivery.message.conversation.identifier
    if identifier is not None:
        Suppression.objects.get_or_create(
            channel=delivery.message.conversation.channel,
            address=identifier.value,
            defaults={"reason": reason, "created_at": now},
        )


def _keep_attempt(delivery: Delivery, outcome: str, problem: str, now: datetime) -> None:
    DeliveryAttempt.objects.create(
        delivery=delivery, number=delivery.attempts, outcome=outcome, problem=problem, at=now
    )


def _end_message(delivery: Delivery, state: str, now: datetime) -> None:
    """One part that does not go out keeps the later ones back: half an answer misleads."""
    Delivery.objects.filter(
        message=delivery.message_id, part__gt=delivery.part, state__in=WAITING
    ).update(state=State.CANCELLED, changed_at=now, problem=_("An earlier part was not sent."))
    failed = state == State.FAILED
    Message.objects.filter(pk=delivery.message_id).update(
        state=Message.State.FAILED if failed else Message.State.CANCELLED
    )
    if not failed:
        take_back_reply(message=delivery.message, now=now)


def _after_sending(message: Message, now: datetime) -> None:
    if message.conversation.channel == Conversation.Channel.WEB:
        jobs.enqueue("channels.notify_web_customer", at=now + NOTICE_DELAY, message_id=message.pk)
