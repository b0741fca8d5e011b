"""Fetches the mails that were announced, each by itself, until none is due.

A mail is claimed, fetched outside any transaction, and kept as an event in the commit that ends
its waiting. Whatever fails on the way, that mail comes again later and the next one is taken.
"""

import time
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.gmail import pending, quota, trouble
from channels.gmail.account import get_account
from channels.gmail.arrival import event_payload
from channels.gmail.client import GmailClient
from channels.gmail.errors import CredentialsRefused, NotFound, RateLimited
from channels.gmail.sync import is_ours
from channels.gmail.types import RawMail
from channels.intake import accept_event
from channels.models import PendingMail
from channels.types import TransportError
from config import jobs
from crm.models import Conversation

log = structlog.get_logger(__name__)

# A job ends after this and another goes on, so that a worker that stops need not cut it off.
_RUN_SECONDS = 15.0
# Attempts after which staff are told; about two minutes. The attempts go on.
TELL_AFTER = 6


def fetch_mails() -> None:
    """Fetches what is due, oldest first. Several may run at once: each takes its own mails."""
    if not get_account().configured:
        return
    end = time.monotonic() + _RUN_SECONDS
    with GmailClient() as client:
        while time.monotonic() < end:
            mail = _claim_next(now=timezone.now())
            if mail is None or not _fetch(client, mail):
                return
    pending.resume(now=timezone.now())


@transaction.atomic
def _claim_next(*, now: datetime) -> PendingMail | None:
    if quota.paused_until(now=now):
        return None
    mail = pending.find_due(now=now)
    if mail is None:
        return None
    seconds = quota.wait_for_fetch(now=now)
    if seconds:
        jobs.enqueue("channels.resume_mails", queue="inbound", at=now + timedelta(seconds=seconds))
        return None
    pending.claim(mail, now=now)
    return mail


def _fetch(client: GmailClient, mail: PendingMail) -> bool:
    """Whether the next mail can be tried."""
    try:
        raw = client.get_raw(mail.gmail_id)
    except NotFound:  # deleted before it could be read, which is final
        _end(mail)
    except CredentialsRefused as error:  # the sync that succeeds again starts the lanes
        pending.release(mail, due_at=timezone.now())
        trouble.report_refused(str(error), now=timezone.now())
        return False
    except RateLimited as error:
        until = timezone.now() + timedelta(seconds=error.retry_after)
        pending.release(mail, due_at=until)
        quota.pause(until)
        log.warning("gmail_fetch_limited", seconds=error.retry_after)
        return False
    except TransportError as error:
        _fail(mail, str(error))
    else:
        _keep(mail, raw)
    return True


def _keep(mail: PendingMail, raw: RawMail) -> None:
    """A mail that is for the desk becomes an event, in the commit that ends its waiting."""
    try:
        with transaction.atomic():
            if is_ours(raw.label_ids) and not _was_settled(mail, raw):
                accept_event(
                    channel=Conversation.Channel.EMAIL,
                    external_id=pending.event_id(raw.gmail_id),
                    payload=event_payload(raw),
                    sender=raw.thread_id,
                    now=timezone.now(),
                    raw=raw.raw,
                )
            _end(mail)
    except Exception as error:  # noqa: BLE001  one mail must not stop the others; it comes again
        _fail(mail, _("It could not be stored: %(error)s.") % {"error": type(error).__name__})


def _was_settled(mail: PendingMail, raw: RawMail) -> bool:
    """Whether people have read or sent it in a mailbox that was not the desk's yet."""
    return bool(
        mail.new_since and raw.received_at < mail.new_since and "UNREAD" not in raw.label_ids
    )


@transaction.atomic
def _end(mail: PendingMail) -> None:
    PendingMail.objects.filter(pk=mail.pk).delete()
    if mail.attempts > TELL_AFTER and not _stuck().exists():
        trouble.clear_unfetched(now=timezone.now())


def _fail(mail: PendingMail, why: str) -> None:
    log.warning("gmail_message_not_fetched", gmail_id=mail.gmail_id, attempts=mail.attempts)
    now = timezone.now()
    pending.put_back(mail, why, now=now)
    if mail.attempts >= TELL_AFTER:
        trouble.report_unfetched(_stuck().count(), why, now=now)


def _stuck() -> QuerySet[PendingMail]:
    return PendingMail.objects.filter(attempts__gte=TELL_AFTER)
