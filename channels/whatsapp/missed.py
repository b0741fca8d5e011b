"""The periodic look for messages whose webhook did not arrive."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from channels.intake import accept_event
from channels.models import InboundEvent, SyncCursor
from channels.types import TransportError
from channels.whatsapp.arrival import event_payload
from channels.whatsapp.catchup import find_missed
from channels.whatsapp.client import client_from_settings, missing_settings
from channels.whatsapp.numbers import identify
from channels.whatsapp.types import external_id
from channels.whatsapp.webhook import sender_key
from config import jobs
from crm import alerts
from crm.models import Conversation

log = structlog.get_logger(__name__)

Channel = Conversation.Channel
_ALERT = "whatsapp:catch-up"
# A look that failed is repeated before the next periodic one.
RETRY_AFTER = timedelta(seconds=30)


def catch_up(*, now: datetime) -> int:
    """Accepts what Twilio lists and no webhook brought; returns how many. 0 where the channel is
    not set up.

    The watermark moves to when the listing began, and only once all of it is stored. The first
    look sets it: what was written before the desk came is not its own.
    """
    if missing_settings():
        return 0
    cursor, _created = SyncCursor.objects.get_or_create(
        channel=Channel.WHATSAPP, defaults={"position": int(now.timestamp())}
    )
    since = datetime.fromtimestamp(cursor.position, UTC)
    try:
        found = _accept_missed(since, now=now)
    except TransportError as error:
        log.warning("whatsapp_catch_up_failed", permanent=error.permanent)
        if error.permanent:
            _tell(str(error), now=now)
        else:
            _look_again(at=now + RETRY_AFTER)
        return 0
    SyncCursor.objects.filter(pk=cursor.pk, position__lt=int(now.timestamp())).update(
        position=int(now.timestamp()), synced_at=now
    )
    alerts.clear_alert(_ALERT, now=now)
    if found:
        log.warning("whatsapp_messages_missed", count=found)
    return found


@transaction.atomic
def _look_again(*, at: datetime) -> None:
    jobs.enqueue("channels.catch_up_whatsapp", at=at, unless_queued=True)


def _accept_missed(since: datetime, *, now: datetime) -> int:
    accepted = 0
    for message, parameters in find_missed(client_from_settings(), since=since, known=_known):
        accepted += accept_event(
            channel=Channel.WHATSAPP,
            external_id=external_id(message.sid),
            payload=event_payload(parameters, written_at=message.created_at),
            sender=_sender(message.from_address),
            now=now,
        )
    return accepted


def _known(event_ids: Collection[str]) -> Collection[str]:
    return set(
        InboundEvent.objects.filter(external_id__in=event_ids).values_list("external_id", flat=True)
    )


def _sender(address: str) -> str:
    try:
        return sender_key(identify(address).value)
    except ValueError:
        return "malformed"


def _tell(why: str, *, now: datetime) -> None:
    alerts.raise_alert(
        _ALERT,
        title=_("Missed WhatsApp messages cannot be looked for"),
        detail=why,
        now=now,
    )
