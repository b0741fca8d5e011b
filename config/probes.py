"""Liveness, readiness, components and figures, for platforms, people and Prometheus."""

from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from ninja import Router, Schema, Status
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from config import health
from config.auth import is_internal, is_staff, token_matches
from crm.models import StaffAlert
from tickets.models import Ticket

router = Router(tags=["operations"])


class ComponentOut(Schema):
    name: str
    status: str
    detail: str | None = None
    latency_ms: float | None = None


class HealthOut(Schema):
    status: str
    components: list[ComponentOut]


@never_cache
def liveness(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all; asks nothing else."""
    return JsonResponse({"status": health.OK})


@never_cache
def readiness(request: HttpRequest) -> HttpResponse:
    """200 once the database answers and its schema is this version's; else 503."""
    try:
        executor = MigrationExecutor(connection)
        behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        problem = "migrations are missing: run `manage.py migrate`" if behind else ""
    except DatabaseError:
        problem = "the database does not answer"
    if problem:
        response = JsonResponse({"status": health.DOWN, "detail": problem}, status=503)
        response["Retry-After"] = "5"
        return response
    return JsonResponse({"status": health.OK})


@router.get("/health", response={200: HealthOut, 503: HealthOut}, summary="Components")
def components(request: HttpRequest) -> Status[HealthOut]:
    """State by component; detail and latency for staff and for holders of the token."""
    found = health.check_components(timezone.now())
    detailed = is_staff(request) or token_matches(request)
    status = health.overall(found)
    answer = HealthOut(
        status=status,
        components=[
            ComponentOut(
                name=component.name,
                status=component.status,
                detail=component.detail if detailed else None,
                latency_ms=component.latency_ms if detailed else None,
            )
            for component in found
        ],
    )
    return Status(503 if status == health.DOWN else 200, answer)


@never_cache
def prometheus(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: with METRICS_TOKEN as bearer, or from a private address."""
    if not token_matches(request) and not (is_internal(request) and not settings.METRICS_TOKEN):
        return HttpResponse("Send METRICS_TOKEN as a bearer token.\n", status=401)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_DeskCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _DeskCollector:
    """Gauges read from the database at each scrape, hence the same in every process."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        queue, rescue = health.measure_queue(now), health.measure_rescue(now)
        gauges = {
            "allhours_jobs_waiting": ("Jobs that could run now", queue.depth),
            "allhours_jobs_failed": ("Jobs that failed for good", queue.failed),
            "allhours_jobs_stalled": ("Jobs whose worker is gone or silent", rescue.stalled),
            "allhours_jobs_queued_again": (
                "Jobs that came again in the last day, by a retry or a rescue",
                rescue.queued_again,
            ),
            "allhours_leases_expired": ("Sends whose worker is gone", rescue.expired_leases),
            "allhours_oldest_job_seconds": ("Age of the oldest such job", queue.oldest_seconds),
            "allhours_worker_alive": ("Whether a worker beats", health.worker_is_alive(now)),
            "allhours_tickets_needing_a_person": (
                "Tickets that wait for staff",
                Ticket.objects.needing_a_person().count(),
            ),
            "allhours_alerts_open": (
                "Open alerts",
                StaffAlert.objects.filter(cleared_at__isnull=True).count(),
            ),
        }
        for name, (description, value) in gauges.items():
            yield GaugeMetricFamily(name, description, value=float(value))
