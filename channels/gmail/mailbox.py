"""The mailbox of this installation: followed into inbound events, and watched."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels import recovery
from channels.gmail import trouble
from channels.gmail.account import get_account
from channels.gmail.arrival import event_payload
from channels.gmail.client import GmailClient
from channels.gmail.errors import CredentialsRefused, RateLimited
from channels.gmail.sync import SyncResult, sync
from channels.gmail.types import RawMail
from channels.intake import accept_event
from channels.models import InboundEvent, SyncCursor
from channels.types import TransportError
from config import jobs
from crm.models import Conversation

log = structlog.get_logger(__name__)

PUSH_PREFIX = "gmail-push:"
# Retries of one sync, doubling from this pause; they end before the next poll.
FIRST_PAUSE = timedelta(seconds=5)
MAX_ATTEMPTS = 5
WATCH_TOO_SHORT = timedelta(hours=48)
PUSHES_KEPT = timedelta(days=7)
# Of a mailbox that is new to the desk, what was read and is older than this is settled.
_NEW = timedelta(hours=1)
_EMAIL = Conversation.Channel.EMAIL


def request_sync() -> bool:
    """Enqueues one sync in the current transaction, unless one waits already."""
    return bool(
        jobs.enqueue("channels.sync_gmail", lock="gmail-sync", queue="inbound", unless_queued=True)
    )


def poll() -> None:
    """Catches what notifications missed; quiet where the channel is not set up."""
    if get_account().configured:
        with transaction.atomic():
            request_sync()


def sync_mailbox(*, now: datetime, attempt: int = 0) -> None:
    """Stores what arrived and was sent since the cursor, each mail once with its job.

    The queue runs one sync at a time. A second one, of a worker that was paused and replaced,
    does no harm: `accept_event` keeps a mail once, and the cursor is moved only forward, only
    past what is stored. Failures end in another attempt, then in an alert and the next poll.
    """
    if not get_account().configured:
        return
    cursor, _created = SyncCursor.objects.get_or_create(channel=_EMAIL)
    start = cursor.position or None
    shelf = _Shelf(since=None if start else now - _NEW)
    try:
        with GmailClient() as client:
            result = sync(client, start, shelf.store)
    except CredentialsRefused as error:
        trouble.report_refused(str(error), now=now)
    except RateLimited as error:
        log.warning("gmail_sync_limited", seconds=error.retry_after)
        _enqueue(at=now + timedelta(seconds=error.retry_after), attempt=attempt)
    except TransportError as error:
        log.warning("gmail_sync_failed", attempt=attempt)
        _again(str(error), attempt=attempt, now=now)
    else:
        _conclude(cursor, result, attempt=attempt, now=now)


def start_watch(*, now: datetime) -> datetime:
    """Asks Gmail to notify the Pub/Sub topic; until when it does. Raises TransportError."""
    with GmailClient() as client:
        watch = client.watch()
    SyncCursor.objects.get_or_create(channel=_EMAIL)
    SyncCursor.objects.filter(channel=_EMAIL).update(watch_ends_at=watch.expires_at)
    if watch.expires_at >= now + WATCH_TOO_SHORT:
        trouble.clear_watch(now=now)
    return watch.expires_at


def renew_watch(*, now: datetime) -> None:
    """Renews the notifications, which Gmail ends after 7 days, and alerts while less than
    WATCH_TOO_SHORT is left. Quiet without a topic. Old notifications are forgotten."""
    InboundEvent.objects.filter(
        external_id__startswith=PUSH_PREFIX,
        state=InboundEvent.State.PROCESSED,
        received_at__lt=now - PUSHES_KEPT,
    ).delete()
    if not get_account().watched:
        return
    try:
        start_watch(now=now)
    except CredentialsRefused as error:
        trouble.report_refused(str(error), now=now)
    except TransportError as error:
        log.warning("gmail_watch_not_renewed", permanent=error.permanent)
    cursor = SyncCursor.objects.filter(channel=_EMAIL).first()
    ends_at = cursor.watch_ends_at if cursor else None
    if ends_at is None or ends_at < now + WATCH_TOO_SHORT:
        trouble.report_watch_ends(ends_at, now=now)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Keeps mails. `since` is given for a mailbox that the desk reads for the first time: what
    people have read there before, and what they sent, is not answered again."""

    since: datetime | None

    def store(self, mail: RawMail) -> None:
        if self.since and mail.received_at < self.since and "UNREAD" not in mail.label_ids:
            return
        accept_event(
            channel=_EMAIL,
            external_id=f"gmail:{mail.gmail_id}",
            payload=event_payload(mail),
            sender=mail.thread_id,
            now=timezone.now(),
            raw=mail.raw,
        )


def _conclude(cursor: SyncCursor, result: SyncResult, *, attempt: int, now: datetime) -> None:
    # After a full sync the position may also be lower: then it is another mailbox's.
    old = {"position": cursor.position} if result.full else {"position__lt": result.cursor}
    if result.cursor is not None and not result.failed:
        SyncCursor.objects.filter(pk=cursor.pk, **old).update(position=result.cursor)
    SyncCursor.objects.filter(pk=cursor.pk).update(synced_at=now)
    log.info(
        "gmail_synced",
        stored=result.stored,
        gone=result.gone,
        failed=len(result.failed),
        full=result.full,
    )
    if trouble.clear_refused(now=now):
        recovery.release_held(channel=_EMAIL)
    if result.failed:
        why = _("%(count)d mails could not be fetched.") % {"count": len(result.failed)}
        _again(why, attempt=attempt, now=now)
    else:
        trouble.clear_behind(now=now)


def _again(why: str, *, attempt: int, now: datetime) -> None:
    if attempt < MAX_ATTEMPTS:
        _enqueue(at=now + FIRST_PAUSE * 2**attempt, attempt=attempt + 1)
    else:
        trouble.report_behind(why, now=now)


def _enqueue(*, at: datetime, attempt: int) -> None:
    with transaction.atomic():
        jobs.enqueue("channels.sync_gmail", queue="inbound", at=at, attempt=attempt)
