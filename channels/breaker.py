"""The circuit breaker of each channel's provider, which holds deliveries back while it is open."""

from datetime import datetime

from django.utils.translation import gettext as _

from crm import breakers
from crm.models import Conversation

# So many that a provider which fails half of its calls, and so still delivers, is not waited for.
FAILURES = 8


def admit(channel: str, *, now: datetime) -> datetime | None:
    """None to go ahead, else until when deliveries of the channel are held back."""
    return breakers.admit(channel, now=now, limit=FAILURES)


def note_failure(channel: str, *, now: datetime) -> None:
    breakers.note_failure(
        channel,
        title=_("%(channel)s is down") % {"channel": Conversation.Channel(channel).label},
        detail=_("Replies are held back and go out by themselves once the provider answers."),
        now=now,
        limit=FAILURES,
    )


def note_success(channel: str, *, now: datetime) -> None:
    """What the breaker held back has jobs of its own that come due."""
    breakers.note_success(channel, now=now)
