from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from config import jobs
from config.correlation import bind_correlation_id

pytestmark = pytest.mark.django_db


def test_a_sweep_adds_no_job_beside_one_that_waits() -> None:
    with bind_correlation_id("request-1"):
        first = jobs.enqueue("crm.mail_alert", key="one")
    with bind_correlation_id("request-2"):
        assert jobs.enqueue("crm.mail_alert", unless_queued=True, key="one") == 0
        assert jobs.enqueue("crm.mail_alert", unless_queued=True, key="two")
        assert jobs.enqueue("crm.mail_code", unless_queued=True, key="one")
    ProcrastinateJob.objects.filter(pk=first)._raw_delete("default")
    assert jobs.enqueue("crm.mail_alert", unless_queued=True, key="one")


def test_a_job_that_waits_for_its_time_counts_as_queued() -> None:
    jobs.enqueue("crm.mail_alert", at=timezone.now() + timedelta(minutes=5), key="one")
    assert jobs.enqueue("crm.mail_alert", unless_queued=True, key="one") == 0
