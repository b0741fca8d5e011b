"""A circuit breaker for each outside service, shared by all workers through its row.

What fails is not asked again for a while, so that nobody waits for what will not come.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from crm import alerts
from crm.models import Breaker

FAILURES = 5
PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)


def admit(service: str, *, now: datetime, limit: int = FAILURES) -> datetime | None:
    """None to go ahead, else until when the service is left alone.

    When the pause is over, one caller is let through to try; the others wait for its result. The
    next pause, which is longer, begins with the try: a process that ends in the middle of it has
    not asked for nothing.
    """
    breaker = Breaker.objects.filter(service=service, open_until__isnull=False).first()
    if breaker is None or breaker.open_until is None:
        return None
    if breaker.open_until > now:
        return breaker.open_until
    tries = breaker.failures + 1
    first = Breaker.objects.filter(service=service, open_until=breaker.open_until).update(
        failures=tries, open_until=now + _pause(tries - limit)
    )
    return None if first else now + PAUSE


@transaction.atomic
def note_failure(
    service: str, *, title: str, detail: str, now: datetime, limit: int = FAILURES
) -> None:
    """Counts a failure in a row; from the `limit`-th on it opens, and staff are told in these
    words. While it is open nothing counts: calls that were under way when it opened say nothing
    new, however many they are, and the one that tries has its pause already."""
    breaker, _created = Breaker.objects.get_or_create(service=service)
    closed = Q(open_until__isnull=True) | Q(open_until__lte=now)
    if not Breaker.objects.filter(closed, pk=breaker.pk).update(failures=F("failures") + 1):
        return
    breaker.refresh_from_db()
    if breaker.failures < limit:
        return
    Breaker.objects.filter(pk=breaker.pk).update(open_until=now + _pause(breaker.failures - limit))
    alerts.raise_alert(_key(service), title=title, detail=detail, now=now)


def note_success(service: str, *, now: datetime) -> None:
    """Closes the breaker and its alert. One look, and no more unless something had failed."""
    failing = Breaker.objects.filter(service=service).filter(
        Q(failures__gt=0) | Q(open_until__isnull=False)
    )
    if failing.exists():
        _close(service, now=now)


@transaction.atomic
def _close(service: str, *, now: datetime) -> None:
    Breaker.objects.filter(service=service, failures__gt=0).update(failures=0)
    closed = Breaker.objects.filter(service=service, open_until__isnull=False).update(
        open_until=None
    )
    if closed:
        alerts.clear_alert(_key(service), now=now)


def _pause(tries: int) -> timedelta:
    """After so many tries that failed since it opened."""
    doubled: int = 2 ** max(0, min(tries, 8))
    return min(PAUSE * doubled, LONGEST_PAUSE)


def _key(service: str) -> str:
    return f"breaker:{service}"[:100]
