"""What the worker does around every job: a line in the log, and an alert on its last failure."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from crm import alerts

logger = structlog.get_logger(__name__)

Call = Callable[[], Awaitable[Any]]


async def log_job(call_next: Call, context: JobContext, _worker: Worker) -> Any:
    """The event, the task's name and the ids, never the arguments."""
    started = time.monotonic()
    job = logger.bind(task=context.job.task_name, job=context.job.id, attempt=context.job.attempts)
    try:
        result = await call_next()
    except BaseException as error:
        job.warning(
            "job.failed",
            seconds=round(time.monotonic() - started, 3),
            error=type(error).__name__,
            exc_info=True,
        )
        raise
    job.info("job.finished", seconds=round(time.monotonic() - started, 3))
    return result


async def watch_job(call_next: Call, context: JobContext, _worker: Worker) -> Any:
    """Opens an alert when the job failed and is not tried again; a retry by a person closes it.

    Sweeps, which have a next run anyway, share one alert for all of theirs, closed by the next
    that succeeds.
    """
    job = context.job
    try:
        result = await call_next()
    except Exception as error:
        if _is_final(job, error):
            await sync_to_async(_report)(job, error)
        raise
    if _is_sweep(job):
        await sync_to_async(_report)(job, None)
    return result


def alert_key(job: Job) -> str:
    """By task where there is no end of jobs: those of a sweep, and the mails about alerts."""
    shared = _is_sweep(job) or job.task_name == "crm.mail_alert"
    return f"task:{job.task_name}" if shared else f"job:{job.id}"


def _report(job: Job, error: Exception | None) -> None:
    """What cannot be reported, as when the database is away, must not change what became of the
    job."""
    try:
        if error is None:
            alerts.clear_alert(alert_key(job), now=timezone.now())
            return
        alerts.raise_alert(
            alert_key(job),
            title=_("A job failed for good"),
            detail=_("%(task)s failed with %(error)s. Look at it under failed jobs.")
            % {"task": job.task_name, "error": type(error).__name__},
            now=timezone.now(),
            level="critical",
        )
    except Exception:
        logger.warning("job.not_reported", job=job.id, task=job.task_name, exc_info=True)
    finally:
        close_old_connections()


def _is_final(job: Job, error: Exception) -> bool:
    task = app.tasks.get(job.task_name)
    return task is None or task.get_retry_exception(exception=error, job=job) is None


def _is_sweep(job: Job) -> bool:
    return any(name == job.task_name for name, _id in app.periodic_registry.periodic_tasks)
