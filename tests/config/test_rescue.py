from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from config import jobs, rescue, tasks
from crm.models import StaffAlert, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def stalled() -> int:
    """A job that a worker took up before it fell silent a minute ago."""
    job_id = jobs.enqueue("config.remove_finished_jobs", lock="one at a time")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - interval '1 minute') RETURNING id"
        )
        (worker,) = cursor.fetchone()
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", [worker])
        assert cursor.fetchone() == (job_id,)
    return job_id


def state(job_id: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=job_id).status)


def test_a_job_of_a_silent_worker_is_queued_again(stalled: int) -> None:
    assert state(stalled) == "doing"
    assert rescue.rescue_stalled_jobs() == 1
    assert state(stalled) == "todo"


def test_a_job_of_a_living_worker_is_left_alone(stalled: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now()")
    assert rescue.rescue_stalled_jobs() == 0
    assert state(stalled) == "doing"


def test_a_job_that_outlives_many_workers_is_put_before_a_person(stalled: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s", [rescue.MAX_ATTEMPTS])
    assert rescue.rescue_stalled_jobs() == 0
    assert state(stalled) == "failed"
    assert StaffAlert.objects.get().key == f"job:{stalled}"


def test_a_job_that_hangs_is_queued_again_and_a_person_is_told(stalled: int) -> None:
    soon = timezone.now() + rescue.DEADLINES["default"] - timedelta(minutes=1)
    assert rescue.rescue_overdue_jobs(now=soon) == 0
    assert state(stalled) == "doing"
    assert rescue.rescue_overdue_jobs(now=soon + timedelta(minutes=2)) == 1
    assert state(stalled) == "todo"
    assert "config.remove_finished_jobs" in StaffAlert.objects.get().detail


def test_a_job_that_nobody_runs_is_released_at_the_second_look(stalled: int) -> None:
    mine = {ProcrastinateJob.objects.get().worker_id}
    suspects = rescue.release_idle(mine, running=(), suspects=())
    assert (suspects, state(stalled)) == ({stalled}, "doing")
    assert rescue.release_idle({-1}, running=(), suspects=suspects) == set()
    assert state(stalled) == "doing"
    assert rescue.release_idle(mine, running=(), suspects=suspects) == set()
    assert state(stalled) == "todo"


def test_a_job_that_runs_is_never_released(stalled: int) -> None:
    mine = {ProcrastinateJob.objects.get().worker_id}
    assert rescue.release_idle(mine, running={stalled}, suspects={stalled}) == set()
    assert state(stalled) == "doing"


def test_finished_jobs_go_and_failed_ones_stay() -> None:
    ids = [jobs.enqueue("config.remove_finished_jobs") for _ in range(3)]
    with connection.cursor() as cursor:
        for job_id, status in zip(ids, ("succeeded", "failed", "todo"), strict=True):
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s",
                [status, job_id],
            )
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '2 days'")
    rescue.remove_finished_jobs()
    assert list(ProcrastinateJob.objects.order_by("id").values_list("pk", flat=True)) == ids[1:]


def test_a_lock_cannot_wait_for_a_time() -> None:
    with pytest.raises(ValueError, match="block every later job"):
        jobs.enqueue("crm.mail_alert", lock="x", at=timezone.now() + timedelta(days=1), key="k")


def test_every_periodic_job_is_a_registered_task() -> None:
    from procrastinate.contrib.django import app  # needs Django to be set up

    periodic = {name for name, _id in app.periodic_registry.periodic_tasks}
    assert "config.rescue_stalled_jobs" in periodic
    assert periodic <= set(app.tasks)


def test_periodic_jobs_that_embed_leave_the_threads_of_replies_free() -> None:
    from procrastinate.contrib.django import app  # needs Django to be set up

    embedding = (
        "agent.find_contradictions", "agent.find_gaps", "agent.move_rungs",
        "agent.renew_guardrails", "knowledge.index_all",
    )  # fmt: skip
    assert {name for name in embedding if app.tasks[name].queue not in jobs.SLOW_QUEUES} == set()


def test_backoff_rises_jitters_and_ends() -> None:
    strategy = jobs.Backoff(max_attempts=4, cap_seconds=10)
    waits = []
    for attempts in range(4):
        job = Job(
            id=1,
            queue="q",
            lock=None,
            queueing_lock=None,
            task_name="t",
            attempts=attempts,
        )
        decision = strategy.get_retry_decision(exception=OSError(), job=job)
        waits.append(decision and decision.retry_at)
    assert waits[-1] is None
    assert all(wait and wait < timezone.now() + timedelta(seconds=15) for wait in waits[:-1])


def test_sessions_that_have_expired_go(client: Client, bob: User) -> None:
    client.force_login(bob)
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    client.force_login(bob)
    assert Session.objects.count() == 2
    tasks.clear_sessions()
    assert Session.objects.get().expire_date > timezone.now()
