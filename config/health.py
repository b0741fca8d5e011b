"""Whether the desk works: its components, asked one by one, each with its latency.

Nothing here raises: a component that cannot be asked is down, with the reason.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinateWorker,
)

from agent.models import AgentRun
from channels.models import ChannelConfig, Delivery
from config.job_control import stalled

OK, DEGRADED, DOWN = "ok", "degraded", "down"

# A worker beats every 10 s; a due job starts within a second unless the queue is behind.
HEARTBEAT_LIMIT = timedelta(seconds=30)
QUEUE_LIMIT = timedelta(seconds=60)
RECENT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Queue:
    """Jobs that could run now: how many, and how long the first has been waiting."""

    depth: int
    oldest_seconds: float
    failed: int


@dataclass(frozen=True, slots=True)
class Rescue:
    """Jobs that nobody does any more, sends whose worker is gone, and how many jobs came again
    in the last day."""

    stalled: int
    expired_leases: int
    queued_again: int


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    status: str
    detail: str
    latency_ms: float


def check_components(now: datetime) -> list[Component]:
    """Every component's state. Where the database is down the rest is not asked."""
    database = _timed("database", _check_database, now)
    if database.status == DOWN:
        return [database]
    checks: dict[str, Callable[[datetime], tuple[str, str]]] = {
        "queue": _check_queue,
        "worker": _check_worker,
        "model": _check_model,
        "channels": _check_channels,
    }
    return [database, *(_timed(name, check, now) for name, check in checks.items())]


def overall(components: list[Component]) -> str:
    """The worst state of any component."""
    states = {component.status for component in components}
    return next((state for state in (DOWN, DEGRADED) if state in states), OK)


def measure_queue(now: datetime) -> Queue:
    """Asks only for what waits and what failed, never for the day's finished jobs."""
    last_event = ProcrastinateEvent.objects.filter(job=OuterRef("pk")).order_by("-id")
    waiting = (
        ProcrastinateJob.objects.filter(status="todo")
        .filter(Q(scheduled_at__isnull=True) | Q(scheduled_at__lte=now))
        .annotate(since=Coalesce("scheduled_at", Subquery(last_event.values("at")[:1])))
        .aggregate(depth=Count("pk"), oldest=Min("since"))
    )
    oldest = (now - waiting["oldest"]).total_seconds() if waiting["oldest"] else 0.0
    return Queue(
        depth=waiting["depth"],
        oldest_seconds=max(oldest, 0.0),
        failed=ProcrastinateJob.objects.filter(status="failed").count(),
    )


def measure_rescue(now: datetime) -> Rescue:
    """What the periodic rescue would find now, and what came again by it or by a retry."""
    again = ProcrastinateEvent.objects.filter(
        type="deferred_for_retry", at__gt=now - timedelta(days=1)
    )
    return Rescue(
        stalled=ProcrastinateJob.objects.filter(stalled(now)).count(),
        expired_leases=Delivery.objects.filter(
            state=Delivery.State.SENDING, lease_until__lt=now
        ).count(),
        queued_again=again.count(),
    )


def worker_is_alive(now: datetime) -> bool:
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=now - HEARTBEAT_LIMIT).exists()


def _timed(name: str, check: Callable[[datetime], tuple[str, str]], now: datetime) -> Component:
    started = time.perf_counter()
    try:
        status, detail = check(now)
    except DatabaseError as error:
        status, detail = DOWN, type(error).__name__
    return Component(name, status, detail, round((time.perf_counter() - started) * 1000, 2))


def _check_database(now: datetime) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return OK, f"PostgreSQL {version}"


def _check_queue(now: datetime) -> tuple[str, str]:
    queue = measure_queue(now)
    behind = queue.oldest_seconds > QUEUE_LIMIT.total_seconds()
    detail = f"{queue.depth} waiting, oldest {queue.oldest_seconds:.0f} s, {queue.failed} failed"
    return DEGRADED if behind or queue.failed else OK, detail


def _check_worker(now: datetime) -> tuple[str, str]:
    alive = ProcrastinateWorker.objects.filter(last_heartbeat__gte=now - HEARTBEAT_LIMIT).count()
    if alive:
        return OK, f"{alive} alive"
    return DOWN, "no heartbeat: start `manage.py worker`"


def _check_model(now: datetime) -> tuple[str, str]:
    failures = AgentRun.objects.filter(started_at__gte=now - RECENT, reason="failure").count()
    if failures:
        return DEGRADED, f"{settings.LLM_MODEL}: {failures} failures in 10 minutes"
    return OK, str(settings.LLM_MODEL)


def _check_channels(now: datetime) -> tuple[str, str]:
    enabled = ", ".join(
        ChannelConfig.objects.filter(enabled=True)
        .order_by("channel")
        .values_list("channel", flat=True)
    )
    undelivered = Delivery.objects.filter(
        state__in=[Delivery.State.FAILED, Delivery.State.UNKNOWN, Delivery.State.HELD],
        changed_at__gte=now - timedelta(days=1),
    ).count()
    if undelivered:
        return DEGRADED, f"{enabled}; {undelivered} not delivered since yesterday"
    return OK, enabled
