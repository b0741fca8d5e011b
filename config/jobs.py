"""The one way to define a task and the one way to enqueue a job.

Jobs are rows in the application's own database. `enqueue` writes the row through Django's
connection, hence inside the caller's transaction, in the web process and in the worker alike.
(Inside a worker, `task.defer()` would use the worker's own connection and escape the
transaction; the check bans it.)
"""

import functools
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from django.db import InterfaceError, OperationalError
from django.db.models import Exists
from django.db.models.expressions import Combinable
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from config.correlation import bind_correlation_id, get_correlation_id

Argument = str | int | None
Function = TypeVar("Function", bound=Callable[..., None])

_job_manager = JobManager(DjangoConnector())

# Every queue with its priority: what is due goes in this order, a reply before a new question.
QUEUES = {"delivery": 30, "default": 20, "inbound": 10, "agent": 0, "knowledge": -10}
# Their jobs wait for models, so a worker keeps threads free for those of the others.
SLOW_QUEUES = frozenset({"agent", "knowledge"})
# What repairs goes with the replies.
_PERIODIC_PRIORITY = QUEUES["delivery"]


class Backoff(BaseRetryStrategy):
    """Retries every error, a shutdown too, after min(2^n, cap) seconds plus jitter.

    Attempts count from 1; after `max_attempts` the job is `failed`, which the console shows.
    """

    def __init__(self, *, max_attempts: int = 8, cap_seconds: int = 300) -> None:
        self.max_attempts = max_attempts
        self.cap_seconds = cap_seconds

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts + 1 >= self.max_attempts:
            return None
        seconds = min(2**job.attempts, self.cap_seconds) * random.uniform(0.5, 1.5)
        return RetryDecision(retry_at=timezone.now() + timedelta(seconds=seconds))


class WhileAway(Backoff):
    """Retries only what a database that is away made fail: that is nobody's fault, and must not
    stand among the failed jobs until somebody looks."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not isinstance(exception, OperationalError | InterfaceError | ConnectorException):
            return None
        return super().get_retry_decision(exception=exception, job=job)


def task(
    name: str, *, queue: str = "default", retry: Backoff | None = None
) -> Callable[[Function], Function]:
    """Registers a function as the task `name`; the job's correlation id is bound around it.

    `queue`, one of QUEUES, is that of its periodic runs; `enqueue` names its own. Without
    `retry` a run is tried again only if the database went away under it.

    A periodic job's `timestamp`, which Procrastinate passes, is not handed on.
    """

    def register(function: Function) -> Function:
        @functools.wraps(function)
        def run(
            *, correlation_id: str | None = None, timestamp: int | None = None, **arguments: Any
        ) -> None:
            with bind_correlation_id(correlation_id):
                function(**arguments)

        app.task(name=name, queue=queue, retry=retry or WhileAway())(run)
        return cast("Function", run)

    return register


def every(cron: str, name: str) -> None:
    """Runs the registered task `name` by the cron line, in UTC, once over all workers.

    Raises KeyError if no such task is registered.
    """
    app.periodic_registry.register_task(
        task=app.tasks[name],
        cron=cron,
        periodic_id=name,
        configure_kwargs={"priority": _PERIODIC_PRIORITY},
    )


def enqueue(
    name: str,
    *,
    lock: str | None = None,
    queue: str = "default",
    at: datetime | None = None,
    unless_queued: bool = False,
    **arguments: Argument,
) -> int:
    """Writes a job for the task `name` in the current transaction and returns its id.

    `arguments` are ids and short texts, never content. Jobs that share a `lock` run one at a
    time in the order of their ids. `at` is the earliest start; a job that waits for it blocks
    the later ones of its lock, so give one or the other. With `unless_queued` nothing is written,
    and 0 returned, while a job of the task with these arguments waits, be it for its time: what
    a sweep asks for, so that its jobs do not pile up. Two sweeps at once may still write two.
    """
    if lock and at:
        raise ValueError("A scheduled job would block every later job of its lock.")
    if queue not in QUEUES:
        raise ValueError(f"There is no queue {queue!r}: no worker would look into it.")
    if unless_queued and _is_queued(name, arguments):
        return 0
    correlation_id = get_correlation_id()
    task_kwargs: dict[str, Any] = dict(arguments)
    if correlation_id:
        task_kwargs["correlation_id"] = correlation_id
    deferrer = configure_task(
        name=name,
        job_manager=_job_manager,
        lock=lock,
        queue=queue,
        priority=QUEUES[queue],
        schedule_at=at,
        task_kwargs=task_kwargs,
    )
    return deferrer.defer()


def jobs_expression(
    name: str, *, queue: str, lock: str, row_argument: str, row: str, correlation_id: str
) -> tuple[str, dict[str, Any]]:
    """SQL that enqueues what `enqueue` would for each row of its SELECT, in the order of `row`,
    with its parameters: for a statement that writes the rows which the jobs are about, so that
    both take one round trip and no transaction is needed.

    It is an aggregate; its value is the array of the jobs' ids, or NULL where there is no row.
    `lock`, `row` and `correlation_id` are SQL expressions; the job's `row_argument` is `row`.
    """
    if queue not in QUEUES:
        raise ValueError(f"There is no queue {queue!r}: no worker would look into it.")
    # The function by which Procrastinate itself defers (its `sql/queries.sql`, `defer_jobs`).
    expression = f"""
        procrastinate_defer_jobs_v1(array_agg(
            ROW(%(job_queue)s, %(job_task)s, %(job_priority)s, {lock}, NULL,
                jsonb_strip_nulls(jsonb_build_object(
                    %(job_row_argument)s::text, {row},
                    'correlation_id', nullif({correlation_id}, ''))),
                NULL)::procrastinate_job_to_defer_v1
            ORDER BY {row}
        ))
    """
    return expression, {
        "job_queue": queue,
        "job_task": name,
        "job_priority": QUEUES[queue],
        "job_row_argument": row_argument,
    }


def has_job(*, lock: Combinable) -> Exists:
    """For a query: whether a job of the lock waits or runs. `lock` is an expression of the row."""
    # Imported late: this module is imported before the models are loaded.
    from procrastinate.contrib.django.models import ProcrastinateJob

    pending = [Status.TODO.value, Status.DOING.value]
    return Exists(ProcrastinateJob.objects.filter(lock=lock, status__in=pending))


def _is_queued(name: str, arguments: dict[str, Argument]) -> bool:
    # Imported late: this module is imported before the models are loaded.
    from procrastinate.contrib.django.models import ProcrastinateJob

    waiting = ProcrastinateJob.objects.filter(status=Status.TODO.value, task_name=name)
    return waiting.filter(args__contains=arguments).exists()
