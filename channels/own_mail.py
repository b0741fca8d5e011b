"""Our own mails, as they come back with the mailbox's history: proof that they were sent."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from channels import settlement
from channels.models import Delivery
from channels.threads import remember_thread
from channels.types import Arrival, Receipt
from crm.models import Conversation


@transaction.atomic
def settle_sent(arrival: Arrival, *, now: datetime) -> bool:
    """Records the delivery that the mail names as sent if nobody knew, and keeps the names that
    Gmail gave to mail and thread, by which answers and bounces are recognised. False for a token
    that is none of ours."""
    delivery = _find(arrival.delivery_token)
    if delivery is None:
        return False
    conversation = settlement.lock_conversation(delivery)
    message_id = arrival.keys[-1]
    receipt = Receipt(provider_id=message_id, provider_status="sent", thread_keys=arrival.keys)
    unknown = Q(state=Delivery.State.UNKNOWN)
    if settlement.record_sent(delivery, receipt, now=now, only_if=unknown):
        return True
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.SENT).update(
        provider_id=message_id
    )
    remember_thread(conversation, arrival.keys)
    return True


def _find(token: str) -> Delivery | None:
    try:
        named = uuid.UUID(token)
    except ValueError:
        return None
    return (
        Delivery.objects.select_related("message__conversation")
        .filter(token=named, message__conversation__channel=Conversation.Channel.EMAIL)
        .first()
    )
