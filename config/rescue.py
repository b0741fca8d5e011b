"""Jobs that their worker left behind. Procrastinate never takes them up again by itself."""

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from config.jobs import QUEUES
from crm import alerts
from crm.models import Rescue
from crm.rescues import note_rescue

log = structlog.get_logger(__name__)

# A worker beats every `HEARTBEAT_SECONDS`; three beats missed and its jobs are another's.
HEARTBEAT_SECONDS = 4.0
SECONDS_SINCE_HEARTBEAT = 13
# After this a job is taken to hang, by queue. Only reading and embedding documents takes longer.
DEADLINES = {queue: timedelta(minutes=15) for queue in QUEUES} | {"knowledge": timedelta(hours=6)}
# A job that outlived this many workers probably kills them.
MAX_ATTEMPTS = 10
KEEP_HOURS = 24

# Jobs looked at in one statement.
_BATCH = 2000

_job_manager = JobManager(DjangoConnector())
_LONGEST = max(DEADLINES.values())

_RUNNING_SINCE = """
    SELECT job.id, job.task_name, job.queue_name, started.at
    FROM procrastinate_jobs job
    CROSS JOIN LATERAL (
        SELECT max(event.at) AS at FROM procrastinate_events event
        WHERE event.job_id = job.id AND event.type = 'started'
    ) started
    WHERE job.status = 'doing'
"""

_REMOVE_FINISHED = """
    WITH finished AS (
        SELECT id FROM procrastinate_jobs
        WHERE status IN ('succeeded', 'cancelled', 'aborted') AND id > %s
        ORDER BY id LIMIT %s
    ), gone AS (
        DELETE FROM procrastinate_jobs USING finished
        WHERE procrastinate_jobs.id = finished.id AND NOT EXISTS (
            SELECT FROM procrastinate_events event
            WHERE event.job_id = finished.id AND event.at > now() - %s::interval
        )
        RETURNING procrastinate_jobs.id
    )
    SELECT (SELECT count(*) FROM finished), (SELECT max(id) FROM finished),
        (SELECT count(*) FROM gone)
"""


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
        if job.id is not None and job.attempts < MAX_ATTEMPTS:
            rescued += release(job.id)
        elif job.id is not None:
            _give_up(job, job.id)
    note_rescue(Rescue.Kind.STALLED, now=timezone.now(), count=rescued)
    return rescued


def rescue_overdue_jobs(*, now: datetime) -> int:
    """Queues jobs again that run longer than DEADLINES, and tells a person; returns how many.

    The thread that hangs cannot be ended; should it ever come back, it meets the same fences as
    a paused worker's.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING_SINCE)
        running = cursor.fetchall()
    overdue = [row for row in running if row[3] < now - DEADLINES.get(row[2], _LONGEST)]
    rescued = 0
    for job_id, task, _queue, since in overdue:
        rescued += release(job_id)
        alerts.raise_alert(
            f"overdue:{task}",
            title=_("A job took too long"),
            detail=_("%(task)s ran for over %(minutes)s minutes and was started again.")
            % {"task": task, "minutes": int((now - since).total_seconds() // 60)},
            now=now,
        )
    note_rescue(Rescue.Kind.OVERDUE, now=now, count=rescued)
    return rescued


def release_idle(
    worker_ids: Collection[int], *, running: Collection[int], suspects: Collection[int]
) -> set[int]:
    """Queues those jobs again that are marked as these workers' and neither are `running` nor
    were at the look before, which found the `suspects`. Returns the suspects of the next look."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%s)",
            [list(worker_ids)],
        )
        idle = {job_id for (job_id,) in cursor.fetchall()} - set(running)
    released = {job_id for job_id in idle.intersection(suspects) if release(job_id)}
    note_rescue(Rescue.Kind.IDLE, now=timezone.now(), count=len(released))
    return idle - released


def release(job_id: int) -> bool:
    """Queues a job again that is marked as running; False if that changed meanwhile."""
    try:
        _job_manager.retry_job_by_id(job_id, retry_at=timezone.now())
    except ConnectorException as error:
        log.warning("job_not_rescued", job=job_id, problem=type(error).__name__)
        return False
    log.warning("job_rescued", job=job_id)
    return True


def remove_finished_jobs() -> int:
    """Removes jobs that succeeded or were cancelled a day ago; failed ones stay for a person.

    Returns how many. In batches, each its own commit: Procrastinate's own `delete_old_jobs` sorts
    every event that there is, and removes all in one statement.
    """
    removed = 0
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_REMOVE_FINISHED, [after, _BATCH, f"{KEEP_HOURS} hours"])
            seen, last, gone = cursor.fetchone()
        removed += int(gone)
        if seen < _BATCH:
            return removed
        after = last


def _give_up(job: Job, job_id: int) -> None:
    try:
        async_to_sync(_job_manager.finish_job_by_id_async)(
            job_id=job_id, status=Status.FAILED, delete_job=False
        )
    except ConnectorException as error:
        log.warning("job_not_given_up", job=job_id, problem=type(error).__name__)
        return
    note_rescue(Rescue.Kind.GIVEN_UP, now=timezone.now())
    alerts.raise_alert(
        f"job:{job_id}",
        title=_("A job failed for good"),
        detail=_("%(task)s outlived %(count)s workers. Look at it under failed jobs.")
        % {"task": job.task_name, "count": job.attempts},
        now=timezone.now(),
        level="critical",
    )
