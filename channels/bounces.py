"""Reports that a mail of ours did not arrive."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from channels import settlement
from channels.models import Delivery
from channels.types import BouncedMail
from crm.models import Conversation, Message


def record_bounce(bounce: BouncedMail, *, now: datetime) -> Message | None:
    """Marks the mail that bounced; None if it is none of ours.

    A permanent bounce (5.x) fails the delivery, suppresses the address and tells staff; a
    passing one (4.x) is only noted, for Gmail itself goes on trying.
    """
    delivery = _find_delivery(bounce)
    if delivery is None:
        return None
    why = _("The mail to the customer came back (%(status)s).") % {
        "status": bounce.status or _("no reason given")
    }
    if not bounce.permanent:
        Delivery.objects.filter(pk=delivery.pk).update(problem=why)
        return delivery.message
    settlement.record_state(
        delivery, Delivery.State.FAILED, why, now=now, only_if=~Q(state=Delivery.State.FAILED)
    )
    settlement.suppress(delivery, why, now=now)
    return delivery.message


def _find_delivery(bounce: BouncedMail) -> Delivery | None:
    """By the Message-ID that came back; else, if Gmail had given the mail another, the newest
    one that left in the conversation that knows this id."""
    if not bounce.original_key:
        return None
    left = Delivery.objects.select_related("message__conversation__identifier").filter(
        message__conversation__channel=Conversation.Channel.EMAIL,
        state__in=[Delivery.State.SENT, Delivery.State.UNKNOWN, Delivery.State.FAILED],
    )
    by_id = left.filter(provider_id=bounce.original_key).first()
    if by_id:
        return by_id
    known = left.filter(message__conversation__thread_keys__key=bounce.original_key)
    return known.order_by("-message_id", "-part").first()
