"""Mails that Gmail named and that are still to be fetched: announced, claimed, put back, gone."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from channels.gmail.records import MessageRef
from channels.models import InboundEvent, PendingMail
from config import jobs

# How many mails are fetched at the same time; one that hangs holds up its own lane only.
LANES = 2
# Longer than a fetch can last: past it the process that had the mail is gone.
LEASE = timedelta(minutes=2)
LONGEST_PAUSE_SECONDS = 300


def event_id(gmail_id: str) -> str:
    """The external id of the event that a mail is kept as."""
    return f"gmail:{gmail_id}"


@transaction.atomic
def announce(
    refs: Sequence[MessageRef], *, now: datetime, new_since: datetime | None = None
) -> None:
    """Keeps the names of the mails that the desk does not have, with the jobs that fetch them."""
    wanted = {ref.gmail_id: ref for ref in refs}
    names = [event_id(gmail_id) for gmail_id in wanted]
    known = set(
        InboundEvent.objects.filter(external_id__in=names).values_list("external_id", flat=True)
    )
    rows = [
        PendingMail(
            gmail_id=ref.gmail_id,
            thread_id=ref.thread_id,
            new_since=new_since,
            due_at=now,
            announced_at=now,
        )
        for ref in wanted.values()
        if event_id(ref.gmail_id) not in known
    ]
    if rows:
        PendingMail.objects.bulk_create(rows, ignore_conflicts=True)
        start_lanes()


def start_lanes() -> None:
    """Enqueues, in the current transaction, a job for each lane in which none waits."""
    for lane in range(LANES):
        jobs.enqueue(
            "channels.fetch_mails",
            lock=f"gmail-fetch-{lane}",
            queue="inbound",
            unless_queued=True,
            lane=lane,
        )


@transaction.atomic
def resume(*, now: datetime) -> None:
    """Starts the lanes if a mail is due."""
    if PendingMail.objects.filter(due_at__lte=now).exists():
        start_lanes()


def find_due(*, now: datetime) -> PendingMail | None:
    """The next mail, locked for this transaction; None if none is due that nobody has.

    A mail that was not tried yet, or is being fetched, goes before the later ones of its thread;
    once it failed they overtake it.
    """
    earlier = PendingMail.objects.filter(
        thread_id=OuterRef("thread_id"), pk__lt=OuterRef("pk"), problem=""
    )
    return (
        PendingMail.objects.select_for_update(skip_locked=True)
        .filter(due_at__lte=now)
        .exclude(Exists(earlier))
        .order_by("due_at", "pk")
        .first()
    )


def claim(mail: PendingMail, *, now: datetime) -> None:
    """Counts the attempt before it is made, for it may end the whole process."""
    if mail.attempts and not mail.problem:
        mail.problem = _("The process that fetched it ended.")
    mail.attempts += 1
    mail.due_at = now + LEASE
    mail.save(update_fields=["attempts", "due_at", "problem"])


@transaction.atomic
def put_back(mail: PendingMail, problem: str, *, now: datetime) -> None:
    """Another attempt after min(2^n, LONGEST_PAUSE_SECONDS) seconds with jitter, by a job."""
    seconds = min(2.0 ** min(mail.attempts, 20), LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1.5)
    at = now + timedelta(seconds=seconds)
    ours = PendingMail.objects.filter(pk=mail.pk, attempts=mail.attempts)
    if ours.update(problem=problem, due_at=at):
        jobs.enqueue("channels.resume_mails", queue="inbound", at=at)


def release(mail: PendingMail, *, due_at: datetime) -> None:
    """Gives the mail back as if it had not been tried."""
    PendingMail.objects.filter(pk=mail.pk, attempts=mail.attempts).update(
        attempts=F("attempts") - 1, due_at=due_at
    )
