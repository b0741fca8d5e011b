import asyncio
from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from config import job_watch, jobs
from crm import alerts
from crm.models import StaffAlert

pytestmark = pytest.mark.django_db
Run = Callable[..., None]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """One run of a job under the worker's watch; `error` is what it raises."""
    monkeypatch.setattr(job_watch, "close_old_connections", lambda: None)  # it is the test's too

    def run(task: str, *, attempts: int = 0, error: BaseException | None = None) -> None:
        job = Job(
            id=7, queue="default", lock=None, queueing_lock=None, task_name=task, attempts=attempts
        )
        context = JobContext(app=app, job=job, start_timestamp=0.0, abort_reason=lambda: None)

        async def call() -> None:
            if error:
                raise error

        async_to_sync(job_watch.watch_job)(call, context, Worker(app))

    return run


def opened() -> list[str]:
    return list(StaffAlert.objects.filter(cleared_at=None).values_list("key", flat=True))


def test_a_job_that_failed_for_good_is_put_before_staff(run: Run) -> None:
    with pytest.raises(KeyError):
        run("channels.process_event", error=KeyError("secret"))
    assert opened() == []  # it is tried again
    with pytest.raises(KeyError):
        run("channels.process_event", attempts=jobs.Backoff().max_attempts - 1, error=KeyError("s"))
    assert opened() == ["job:7"]
    assert "channels.process_event failed with KeyError" in StaffAlert.objects.get().detail


def test_a_sweep_that_fails_each_minute_is_one_alert_until_it_succeeds(run: Run) -> None:
    for _ in range(3):
        with pytest.raises(KeyError):
            run("channels.rescue_events", error=KeyError())
    assert opened() == ["task:channels.rescue_events"]
    run("channels.rescue_events")
    assert opened() == []


def test_mails_about_alerts_that_fail_are_not_mailed_about_for_ever(run: Run) -> None:
    for _ in range(3):
        with pytest.raises(OSError, match="away"):
            run("crm.mail_alert", attempts=99, error=OSError("away"))
    assert opened() == ["task:crm.mail_alert"]


def test_a_worker_that_stops_is_no_failure(run: Run) -> None:
    with pytest.raises(asyncio.CancelledError):
        run("channels.reconcile", error=asyncio.CancelledError())
    assert opened() == []


def test_an_alert_that_cannot_be_raised_changes_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(alerts, "raise_alert", refuse)
    with pytest.raises(KeyError):
        run("channels.reconcile", error=KeyError())
