"""A circuit breaker for each provider, shared by all workers through its row."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from channels.models import ProviderBreaker
from crm import alerts

FAILURES = 5
PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)


def admit(channel: str, *, now: datetime) -> datetime | None:
    """None to go ahead, else until when deliveries of the channel are held back.

    When the pause is over, one caller is let through to try; the others wait for its result.
    """
    breaker = ProviderBreaker.objects.filter(channel=channel, open_until__isnull=False).first()
    if breaker is None or breaker.open_until is None:
        return None
    if breaker.open_until > now:
        return breaker.open_until
    first = ProviderBreaker.objects.filter(channel=channel, open_until=breaker.open_until).update(
        open_until=now + PAUSE
    )
    return None if first else now + PAUSE


@transaction.atomic
def note_failure(channel: str, *, now: datetime) -> None:
    """Counts a failure in a row; from the FAILURES-th on it opens, for longer each time."""
    breaker, _created = ProviderBreaker.objects.get_or_create(channel=channel)
    ProviderBreaker.objects.filter(pk=breaker.pk).update(failures=F("failures") + 1)
    breaker.refresh_from_db()
    if breaker.failures < FAILURES:
        return
    pause = min(PAUSE * 2 ** min(breaker.failures - FAILURES, 8), LONGEST_PAUSE)
    ProviderBreaker.objects.filter(pk=breaker.pk).update(open_until=now + pause)
    alerts.raise_alert(
        _key(channel),
        title=_("%(channel)s is down") % {"channel": breaker.get_channel_display()},
        detail=_("Replies are held back and go out by themselves once the provider answers."),
        now=now,
    )


@transaction.atomic
def note_success(channel: str, *, now: datetime) -> None:
    """Closes the breaker. What it held back has jobs of its own that come due."""
    ProviderBreaker.objects.filter(channel=channel, failures__gt=0).update(failures=0)
    closed = ProviderBreaker.objects.filter(channel=channel, open_until__isnull=False).update(
        open_until=None
    )
    if closed:
        alerts.clear_alert(_key(channel), now=now)


def _key(channel: str) -> str:
    return f"breaker:{channel}"
