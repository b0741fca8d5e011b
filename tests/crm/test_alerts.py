from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core import mail

from crm.alerts import clear_alert, raise_alert
from crm.models import StaffAlert

pytestmark = pytest.mark.django_db


def test_an_alert_is_open_once_and_counted(now: datetime) -> None:
    assert raise_alert("disk", title="Disk", detail="Look", now=now)
    assert not raise_alert("disk", title="Disk", detail="Look", now=now)
    assert StaffAlert.objects.get().occurrences == 2


def test_a_cleared_alert_opens_anew(now: datetime) -> None:
    raise_alert("disk", title="Disk", detail="Look", now=now)
    assert clear_alert("disk", now=now)
    assert not clear_alert("disk", now=now)
    assert raise_alert("disk", title="Disk", detail="Look", now=now)
    assert StaffAlert.objects.count() == 2


def test_a_new_alert_is_mailed_once(
    now: datetime, run_jobs: Callable[[], int], settings: Any
) -> None:
    settings.ALERT_EMAILS = ["ops@example.com"]
    raise_alert("disk", title="Disk nearly full", detail="Free some", now=now)
    raise_alert("disk", title="Disk nearly full", detail="Free some", now=now)
    run_jobs()
    assert [message.subject for message in mail.outbox] == ["[Allhours] Disk nearly full"]
