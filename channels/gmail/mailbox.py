"""The mailbox of this installation: followed, and watched."""

from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import transaction
from django.db.models import F

from channels import recovery
from channels.gmail import pending, quota, trouble
from channels.gmail.account import get_account
from channels.gmail.client import GmailClient
from channels.gmail.errors import CredentialsRefused, RateLimited
from channels.gmail.sync import Followed, follow
from channels.models import InboundEvent, SyncCursor
from channels.types import TransportError
from config import jobs
from crm.models import Conversation

log = structlog.get_logger(__name__)

PUSH_PREFIX = "gmail-push:"
# Retries after failed syncs in a row, doubling from this pause; then only the polls go on.
FIRST_PAUSE = timedelta(seconds=5)
MAX_RETRIES = 5
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


def poll(*, now: datetime) -> None:
    """Catches what notifications missed; quiet where the channel is not set up."""
    if not get_account().configured:
        return
    with transaction.atomic():
        request_sync()
    pending.resume(now=now)


def sync_mailbox(*, now: datetime) -> None:
    """Announces what arrived and was sent since the cursor, to be fetched mail by mail.

    The queue runs one sync at a time. A second one, of a worker that was paused and replaced,
    does no harm: a mail is announced once, and the cursor is moved only forward, only past what
    is announced. Failures end in another attempt, then in an alert and the next poll.
    """
    if not get_account().configured or quota.paused_until(now=now):
        return
    cursor, _created = SyncCursor.objects.get_or_create(channel=_EMAIL)
    start = cursor.position or None
    announce = partial(pending.announce, now=now, new_since=None if start else now - _NEW)
    try:
        with GmailClient() as client:
            followed = follow(client, start, announce)
    except CredentialsRefused as error:
        trouble.report_refused(str(error), now=now)
    except RateLimited as error:
        log.warning("gmail_sync_limited", seconds=error.retry_after)
        quota.pause(now + timedelta(seconds=error.retry_after))
    except TransportError as error:
        _try_again(cursor, str(error), now=now)
    else:
        _conclude(cursor, followed, now=now)


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


def _conclude(cursor: SyncCursor, followed: Followed, *, now: datetime) -> None:
    # After a full sync the position may also be lower: then it is another mailbox's.
    old = {"position": cursor.position} if followed.full else {"position__lt": followed.cursor}
    SyncCursor.objects.filter(pk=cursor.pk, **old).update(position=followed.cursor)
    SyncCursor.objects.filter(pk=cursor.pk).update(synced_at=now, failures=0)
    log.info("gmail_synced", found=followed.found, full=followed.full)
    trouble.clear_behind(now=now)
    if trouble.clear_refused(now=now):
        recovery.release_held(channel=_EMAIL)
    pending.resume(now=now)


@transaction.atomic
def _try_again(cursor: SyncCursor, why: str, *, now: datetime) -> None:
    SyncCursor.objects.filter(pk=cursor.pk).update(failures=F("failures") + 1)
    cursor.refresh_from_db(fields=["failures"])
    log.warning("gmail_sync_failed", failures=cursor.failures)
    if cursor.failures <= MAX_RETRIES:
        at = now + FIRST_PAUSE * 2 ** (cursor.failures - 1)
        jobs.enqueue("channels.poll_gmail", queue="inbound", at=at)
    else:
        trouble.report_behind(why, now=now)
