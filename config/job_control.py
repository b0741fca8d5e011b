"""What a person may do to a job: run it again, or keep it from running."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from crm import alerts

# As in config.rescue: a worker beats every 10 s.
SILENT = timedelta(seconds=30)

_job_manager = JobManager(DjangoConnector())


def stalled(now: datetime) -> Q:
    """Jobs that are being done by nobody: their worker is gone or silent."""
    return Q(status=Status.DOING.value) & (
        Q(worker__isnull=True) | Q(worker__last_heartbeat__lt=now - SILENT)
    )


def needing_attention(
    jobs: QuerySet[ProcrastinateJob], now: datetime
) -> QuerySet[ProcrastinateJob]:
    return jobs.filter(Q(status=Status.FAILED.value) | stalled(now))


@transaction.atomic
def retry_job(job_id: int, *, now: datetime) -> bool:
    """Queues a failed or stalled job again, due at once; False if it is neither by now."""
    job = (
        ProcrastinateJob.objects.filter(pk=job_id)
        .filter(Q(status=Status.FAILED.value) | stalled(now))
        .select_for_update(of=("self",))
        .first()
    )
    if job is None:
        return False
    _job_manager.retry_job_by_id(job_id, retry_at=now)
    alerts.clear_alert(f"job:{job_id}", now=now)
    return True


def cancel_job(job_id: int) -> bool:
    """Cancels a job that has not started; False if it has."""
    return _job_manager.cancel_job_by_id(job_id)
