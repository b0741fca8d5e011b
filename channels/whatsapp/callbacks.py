"""Status callbacks: where a sent message stands, and that it was sent at all.

They come in any order, twice, and before the answer to the send was recorded. Ours carry the
delivery's token, which ties the provider's id to our row even if that answer never came.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from channels import settlement
from channels.delivery import MAX_ATTEMPTS
from channels.models import Delivery
from channels.types import Receipt
from channels.whatsapp import intents
from channels.whatsapp.status import (
    OPTED_OUT,
    WINDOW_CLOSED,
    advance,
    explain_error,
    is_failure,
)
from channels.whatsapp.types import StatusUpdate, external_id
from crm import alerts
from crm.models import Message

log = structlog.get_logger(__name__)

State = Delivery.State
# Before what was refused for its rate is sent again; doubled with each attempt.
PAUSE = timedelta(seconds=30)


def apply_status(update: StatusUpdate, *, now: datetime) -> bool:
    """Records the status; False if it tells nothing new or is of no delivery. Never steps back.

    A failure takes back that the message was sent and puts it before staff, save where it may
    go out later: the window was closed (the adapter then asks the customer to write) or the
    rate was used up.
    """
    asked = intents.template_owner(update.delivery_token)
    if asked:
        return _note_template(asked, update, now=now)
    delivery = _find(update)
    if delivery is None:
        log.warning("whatsapp_status_of_nothing", status=update.status)
        return False
    if delivery.provider_id == update.message_sid and not is_failure(update.status):
        status = advance(delivery.provider_status, update.status)
        if status is None:
            return False
        moved = Delivery.objects.filter(
            pk=delivery.pk,
            provider_id=update.message_sid,
            provider_status=delivery.provider_status,
        ).update(provider_status=status)
        if moved:
            return True
    return _apply_locked(delivery, update, now=now)


def _find(update: StatusUpdate) -> Delivery | None:
    """By our token, else by the provider's id."""
    deliveries = Delivery.objects.select_related("message")
    try:
        token = uuid.UUID(update.delivery_token)
    except ValueError:
        return deliveries.filter(provider_id=update.message_sid).first()
    return deliveries.filter(token=token).first()


@transaction.atomic
def _apply_locked(delivery: Delivery, update: StatusUpdate, *, now: datetime) -> bool:
    """As `apply_status`, where it changes more than the status.

    Locks the conversation first, as the claim does.
    """
    delivery.message.conversation = settlement.lock_conversation(delivery)
    delivery.refresh_from_db(
        fields=["state", "attempts", "provider_id", "provider_status"],
        from_queryset=Delivery.objects.select_for_update(),
    )
    if delivery.provider_id != update.message_sid and not _tie(delivery, update, now=now):
        return False
    status = advance(delivery.provider_status, update.status)
    if status is None:
        return False
    Delivery.objects.filter(pk=delivery.pk).update(provider_status=status)
    if is_failure(status):
        _fail(delivery, update, now=now)
    return True


def _tie(delivery: Delivery, update: StatusUpdate, *, now: datetime) -> bool:
    """The provider has the message under an id that we did not know: it was sent after all,
    whatever the delivery's state says. Whoever still holds its lease records nothing any more.
    """
    if delivery.state == State.SENT:
        log.warning("whatsapp_second_send", delivery=delivery.pk)
        return False
    receipt = Receipt(update.message_sid, "", (external_id(update.message_sid),))
    settlement.record_sent(delivery, receipt, now=now, only_if=~Q(state=State.SENT))
    delivery.provider_id, delivery.provider_status = update.message_sid, ""
    return True


def _fail(delivery: Delivery, update: StatusUpdate, *, now: datetime) -> None:
    meaning = explain_error(update.error_code)
    ours = Q(provider_id=update.message_sid, state=State.SENT)
    again = update.error_code == WINDOW_CLOSED or (
        not meaning.permanent and delivery.attempts < MAX_ATTEMPTS
    )
    state = State.QUEUED if again else State.FAILED
    if not settlement.record_state(delivery, state, meaning.sentence, now=now, only_if=ours):
        return
    if update.error_code == OPTED_OUT:
        settlement.suppress(delivery, meaning.sentence, now=now)
    if not again:
        return
    Message.objects.filter(pk=delivery.message_id).update(state=Message.State.QUEUED)
    conversation_id = delivery.message.conversation_id
    if update.error_code == WINDOW_CLOSED:
        closed = intents.Intent(intents.CLOSED, now)
        Delivery.objects.filter(pk=delivery.pk).update(intent_ref=str(closed))
        settlement.enqueue_next(conversation_id, now=now)
    else:
        at = now + PAUSE * 2 ** min(delivery.attempts, MAX_ATTEMPTS)
        settlement.enqueue(delivery.pk, conversation_id, at=at)


def _note_template(token: str, update: StatusUpdate, *, now: datetime) -> bool:
    """A template that asks the customer to write did not arrive: staff hear of it."""
    delivery = _find(StatusUpdate(update.message_sid, "", None, "", token))
    if delivery is None or not is_failure(update.status):
        return False
    return alerts.raise_alert(
        f"template:{delivery.pk}",
        title=_("A template to a customer was not delivered"),
        detail=explain_error(update.error_code).sentence,
        now=now,
    )
