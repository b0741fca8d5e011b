"""Alerts to staff: raised once, counted while they last, cleared when the cause is gone."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F

from config import jobs
from crm.models import StaffAlert

log = structlog.get_logger(__name__)


@transaction.atomic
def raise_alert(
    key: str, *, title: str, detail: str, now: datetime, level: str = StaffAlert.Level.WARNING
) -> bool:
    """Opens the alert `key`, or counts it up if it is open. True if it is new.

    A new alert is also mailed to ALERT_EMAILS, by a job of the same transaction.
    """
    seen = StaffAlert.objects.filter(key=key, cleared_at__isnull=True).update(
        occurrences=F("occurrences") + 1, last_seen_at=now, title=title, detail=detail
    )
    if seen:
        return False
    created = StaffAlert.objects.bulk_create(
        [
            StaffAlert(
                key=key, title=title, detail=detail, level=level, raised_at=now, last_seen_at=now
            )
        ],
        ignore_conflicts=True,
    )
    log.warning("alert_raised", alert=key)
    jobs.enqueue("crm.mail_alert", key=created[0].key)
    return True


def clear_alert(key: str, *, now: datetime) -> bool:
    """Closes the alert if it is open; True if it was."""
    return bool(StaffAlert.objects.filter(key=key, cleared_at__isnull=True).update(cleared_at=now))
