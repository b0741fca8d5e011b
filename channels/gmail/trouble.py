"""What operators are told when the mailbox cannot be used, and that it can again."""

from datetime import datetime

from django.utils.translation import gettext as _

from crm import alerts
from crm.models import StaffAlert

_CREDENTIALS, _SYNC, _WATCH = "gmail:credentials", "gmail:sync", "gmail:watch"
_PUSH, _FETCH = "gmail:push", "gmail:fetch"


def report_refused(why: str, *, now: datetime) -> None:
    """Nothing comes in or goes out until a person authorises the mailbox again."""
    alerts.raise_alert(
        _CREDENTIALS,
        title=_("Google refuses the mailbox's credentials"),
        detail=_("%(why)s Mails wait at Gmail and replies are held back until then.")
        % {"why": why},
        now=now,
        level=StaffAlert.Level.CRITICAL,
    )


def report_behind(why: str, *, now: datetime) -> None:
    alerts.raise_alert(
        _SYNC,
        title=_("The mailbox cannot be read"),
        detail=_("%(why)s The desk keeps trying; nothing is lost.") % {"why": why},
        now=now,
    )


def report_unfetched(count: int, why: str, *, now: datetime) -> None:
    alerts.raise_alert(
        _FETCH,
        title=_("Mails cannot be fetched"),
        detail=_("%(count)s of them, the last because: %(why)s The desk keeps trying.")
        % {"count": count, "why": why},
        now=now,
    )


def report_watch_ends(ends_at: datetime | None, *, now: datetime) -> None:
    until = f"{ends_at:%Y-%m-%d %H:%M} UTC" if ends_at else _("never started")
    alerts.raise_alert(
        _WATCH,
        title=_("Gmail stops notifying of new mail"),
        detail=_("Until: %(until)s. Run manage.py gmail_watch. Mails are found every 3 minutes.")
        % {"until": until},
        now=now,
        level=StaffAlert.Level.CRITICAL,
    )


def report_push(why: str, *, now: datetime) -> None:
    alerts.raise_alert(
        _PUSH,
        title=_("A notification from Gmail cannot be used"),
        detail=_("%(why)s It is kept under inbound events; new mail is found without it.")
        % {"why": why},
        now=now,
    )


def clear_refused(*, now: datetime) -> bool:
    """Whether the credentials had been refused until now."""
    return alerts.clear_alert(_CREDENTIALS, now=now)


def clear_behind(*, now: datetime) -> None:
    alerts.clear_alert(_SYNC, now=now)


def clear_unfetched(*, now: datetime) -> None:
    alerts.clear_alert(_FETCH, now=now)


def clear_watch(*, now: datetime) -> None:
    alerts.clear_alert(_WATCH, now=now)
