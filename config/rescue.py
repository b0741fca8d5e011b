"""Jobs that their worker left behind. Procrastinate never takes them up again by itself."""

import structlog
from asgiref.sync import async_to_sync
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from crm import alerts

log = structlog.get_logger(__name__)

# A worker beats every 10 s (config.management.commands.worker).
SECONDS_SINCE_HEARTBEAT = 30
# A job that outlived this many workers probably kills them.
MAX_ATTEMPTS = 10
KEEP_HOURS = 24

_job_manager = JobManager(DjangoConnector())


def rescue_stalled_jobs() -> int:
    """Queues the jobs of silent workers again; returns how many.

    A worker that was only paused may run such a job a second time, at the same time: every
    effect is fenced in our own tables. One job that cannot be rescued does not keep the
    others; a job that keeps killing its worker is failed and put before a person.
    """
    rescued = 0
    stalled = async_to_sync(_job_manager.get_stalled_jobs)(
        seconds_since_heartbeat=SECONDS_SINCE_HEARTBEAT
    )
    for job in stalled:
        try:
            rescued += _rescue(job)
        except ConnectorException as error:  # it was finished or rescued meanwhile
            log.warning("job_not_rescued", job=job.id, problem=type(error).__name__)
    return rescued


def remove_finished_jobs() -> None:
    """Removes jobs that succeeded or were cancelled a day ago; failed ones stay for a person."""
    async_to_sync(_job_manager.delete_old_jobs)(
        nb_hours=KEEP_HOURS, include_cancelled=True, include_aborted=True
    )


def _rescue(job: Job) -> int:
    if job.id is None:
        return 0
    if job.attempts >= MAX_ATTEMPTS:
        _give_up(job, job.id)
        return 0
    _job_manager.retry_job_by_id(job.id, retry_at=timezone.now())
    log.warning("job_rescued", job=job.id, task=job.task_name, attempts=job.attempts)
    return 1


def _give_up(job: Job, job_id: int) -> None:
    async_to_sync(_job_manager.finish_job_by_id_async)(
        job_id=job_id, status=Status.FAILED, delete_job=False
    )
    alerts.raise_alert(
        f"job:{job_id}",
        title=_("A job failed for good"),
        detail=_("%(task)s outlived %(count)s workers. Look at it under failed jobs.")
        % {"task": job.task_name, "count": job.attempts},
        now=timezone.now(),
        level="critical",
    )
