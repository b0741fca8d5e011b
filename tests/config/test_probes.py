import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from config import health, jobs, rescue
from crm.models import User

pytestmark = pytest.mark.django_db


def components(client: Client, **headers: str) -> tuple[int, dict[str, Any]]:
    response = client.get("/api/v1/health", headers=headers)
    body = json.loads(response.content)
    return response.status_code, {
        "status": body["status"],
        **{component["name"]: component for component in body["components"]},
    }


def beat(age: str = "1 second") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval)",
            [age],
        )


def test_liveness_asks_no_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/health").status_code == 200


def test_ready_when_the_schema_is_current(client: Client) -> None:
    assert client.get("/ready").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'agent'")
    response = client.get("/ready")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "migrate" in response.json()["detail"]


def test_without_a_worker_the_desk_is_down(client: Client) -> None:
    beat("1 minute")
    status, body = components(client)
    assert (status, body["status"], body["worker"]["status"]) == (503, "down", "down")
    beat()
    status, body = components(client)
    assert (status, body["worker"]["status"]) == (200, "ok")


def test_details_are_for_staff_and_the_token(client: Client, bob: User, settings: Any) -> None:
    beat()
    assert components(client)[1]["database"]["detail"] is None
    settings.METRICS_TOKEN = "long-token"
    assert components(client, Authorization="Bearer wrong")[1]["database"]["detail"] is None
    _, body = components(client, Authorization="Bearer long-token")
    assert body["database"]["detail"].startswith("PostgreSQL")
    client.force_login(bob)
    assert components(client)[1]["queue"]["latency_ms"] is not None


def test_a_queue_that_is_behind_is_degraded(client: Client) -> None:
    beat()
    jobs.enqueue("crm.mail_alert", key="x")
    assert components(client)[1]["queue"]["status"] == "ok"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '5 minutes'")
    assert components(client)[1]["queue"]["status"] == "degraded"


def test_a_job_with_many_events_counts_once(now: datetime) -> None:
    failed, waiting = (jobs.enqueue("crm.mail_alert", key=key) for key in ("a", "b"))
    later = jobs.enqueue("crm.mail_alert", at=now + timedelta(hours=1), key="c")
    with connection.cursor() as cursor:
        for job in (failed, waiting, later):
            for age in ("5 minutes", "2 minutes"):
                cursor.execute(
                    "INSERT INTO procrastinate_events (job_id, type, at) "
                    "VALUES (%s, 'deferred_for_retry', now() - %s::interval)",
                    [job, age],
                )
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [failed])
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [failed])
    queue = health.measure_queue(now)
    assert (queue.depth, queue.failed) == (1, 1)
    assert 110 < queue.oldest_seconds < 130


def test_prometheus_needs_the_token_or_a_private_address(client: Client, settings: Any) -> None:
    response = client.get("/metrics")
    assert b"allhours_jobs_waiting 0.0" in response.content
    assert client.get("/metrics", REMOTE_ADDR="8.8.8.8").status_code == 401
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 401
    settings.METRICS_TOKEN = "long-token"
    assert client.get("/metrics").status_code == 401
    authorised = client.get(
        "/metrics", headers={"Authorization": "Bearer long-token"}, REMOTE_ADDR="8.8.8.8"
    )
    assert authorised.status_code == 200


def test_prometheus_tells_of_jobs_that_nobody_does_and_of_those_that_came_again(
    client: Client,
) -> None:
    done, left = (jobs.enqueue("crm.mail_alert", key=key) for key in ("done", "left"))
    ProcrastinateJob.objects.filter(pk__in=[done, left]).update(status="doing")
    before = client.get("/metrics").content
    assert b"allhours_jobs_stalled 2.0" in before
    assert rescue.release(done)
    after = client.get("/metrics").content
    assert b"allhours_jobs_stalled 1.0" in after
    assert b"allhours_jobs_queued_again 1.0" in after
    assert b"allhours_leases_expired 0.0" in after


def test_a_body_that_is_too_large_is_refused_unread(client: Client) -> None:
    response = client.post("/api/v1/support/form", b"x" * (10 << 20), "application/json")
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"


def test_unknown_api_paths_answer_in_the_one_shape(client: Client) -> None:
    response = client.get("/api/v1/nothing")
    error = response.json()["error"]
    assert response.status_code == 404
    assert error["correlation_id"] == response["X-Request-ID"]
