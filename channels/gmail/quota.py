"""How much the mailbox may be read: Gmail's own limit answers, and a share of its quota."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from channels import throttle
from channels.models import SyncCursor
from config import jobs
from crm.models import Conversation

# Units of one messages.get. Reading takes two thirds of the quota; the rest is for replies.
_GET_UNITS = 20
_EMAIL = Conversation.Channel.EMAIL


def paused_until(*, now: datetime) -> datetime | None:
    """Until when Gmail asked not to be read, None if it may be."""
    cursor = SyncCursor.objects.filter(channel=_EMAIL, paused_until__gt=now).first()
    return cursor.paused_until if cursor else None


@transaction.atomic
def pause(until: datetime) -> None:
    """Nobody reads the mailbox before `until`; then a job goes on with it."""
    shorter = Q(paused_until=None) | Q(paused_until__lt=until)
    if SyncCursor.objects.filter(shorter, channel=_EMAIL).update(paused_until=until):
        jobs.enqueue("channels.poll_gmail", queue="inbound", at=until)


def wait_for_fetch(*, now: datetime) -> int:
    """Counts one mail to be fetched: 0 if it may be now, else the seconds to wait."""
    fetches = max(settings.GMAIL_UNITS_PER_MINUTE * 2 // 3 // _GET_UNITS, 1)
    return throttle.allow("gmail-fetch", (fetches, 60), now=now)
