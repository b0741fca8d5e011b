"""Tells staff, once, that a customer who waits for them can soon be answered by template only."""

from datetime import datetime

from django.db.models import Max
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from channels.whatsapp.window import WINDOW, closes_at, reminder_is_due
from crm import alerts
from crm.models import Conversation, Message, StaffAlert

_PREFIX = "whatsapp-window:"


def remind_of_windows(*, now: datetime) -> int:
    """Raises an alert for each conversation that staff hold, that waits for an answer and whose
    window closes within two hours: once for each window, also if staff cleared it. Returns how
    many are new. What was answered or is too late is cleared.
    """
    _clear_past(now)
    waiting = Conversation.objects.filter(
        channel=Conversation.Channel.WHATSAPP,
        handler=Conversation.Handler.STAFF,
        last_message_at__gt=now - WINDOW,
        messages__in=Message.objects.awaiting_answer(),
    ).distinct()
    return sum(_remind(conversation, now) for conversation in waiting)


def _remind(conversation: Conversation, now: datetime) -> bool:
    last = (
        Message.objects.filter(
            direction=Message.Direction.INBOUND,
            conversation__channel=Conversation.Channel.WHATSAPP,
            conversation__identifier=conversation.identifier_id,
        )
        if conversation.identifier_id
        else conversation.messages.filter(direction=Message.Direction.INBOUND)
    ).aggregate(id=Max("pk"), at=Max("created_at"))
    key = f"{_PREFIX}{conversation.pk}:{last['id']}"
    if not reminder_is_due(last["at"], now) or StaffAlert.objects.filter(key=key).exists():
        return False
    closing = localtime(closes_at(last["at"]))
    return alerts.raise_alert(
        key,
        title=_("A customer on WhatsApp waits, and the window closes at %(time)s")
        % {"time": closing.strftime("%H:%M")},
        detail=_("Conversation %(id)s: after that only an approved template can be sent.")
        % {"id": conversation.pk},
        now=now,
    )


def _clear_past(now: datetime) -> None:
    for alert in StaffAlert.objects.filter(key__startswith=_PREFIX, cleared_at=None):
        conversation_id, _colon, message_id = alert.key.removeprefix(_PREFIX).partition(":")
        held = Conversation.objects.filter(
            pk=int(conversation_id), handler=Conversation.Handler.STAFF
        )
        waits = Message.objects.awaiting_answer().filter(conversation__in=held).exists()
        inbound = Message.objects.filter(pk=message_id).first()
        if not waits or inbound is None or now >= closes_at(inbound.created_at):
            alerts.clear_alert(alert.key, now=now)
