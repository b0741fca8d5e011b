from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from config import jobs
from config.correlation import bind_correlation_id
from config.worker import share_threads

pytestmark = pytest.mark.django_db


def test_a_sweep_adds_no_job_beside_one_that_waits() -> None:
    with bind_correlation_id("request-1"):
        first = jobs.enqueue("crm.mail_alert", key="one")
    with bind_correlation_id("request-2"):
        assert jobs.enqueue("crm.mail_alert", unless_queued=True, key="one") == 0
        assert jobs.enqueue("crm.mail_alert", unless_queued=True, key="two")
        assert jobs.enqueue("crm.mail_code", unless_queued=True, key="one")
    ProcrastinateJob.objects.filter(pk=first)._raw_delete("default")
    assert jobs.enqueue("crm.mail_alert", unless_queued=True, key="one")


def test_a_job_that_waits_for_its_time_counts_as_queued() -> None:
    jobs.enqueue("crm.mail_alert", at=timezone.now() + timedelta(minutes=5), key="one")
    assert jobs.enqueue("crm.mail_alert", unless_queued=True, key="one") == 0


def test_replies_and_repairs_go_first() -> None:
    from procrastinate.contrib.django import app

    for queue in reversed(jobs.QUEUES):
        jobs.enqueue("crm.mail_alert", queue=queue, key="k")
    order = ProcrastinateJob.objects.order_by("-priority", "id")
    assert list(order.values_list("queue_name", flat=True)) == list(jobs.QUEUES)
    sweep = app.periodic_registry.periodic_tasks["channels.rescue_events", "channels.rescue_events"]
    assert sweep.configure_kwargs["priority"] == jobs.QUEUES["delivery"]


def test_a_queue_that_nobody_works_is_refused() -> None:
    with pytest.raises(ValueError, match="no queue 'other'"):
        jobs.enqueue("crm.mail_alert", queue="other", key="k")


def test_the_tasks_name_queues_that_a_worker_looks_into() -> None:
    from procrastinate.contrib.django import app

    named = {task.queue for task in app.tasks.values()}
    assert named - {"builtin"} <= set(jobs.QUEUES)


@pytest.mark.parametrize(("concurrency", "threads"), [(1, [1, 1]), (4, [1, 3]), (16, [4, 12])])
def test_threads_are_shared_between_replies_and_models(
    concurrency: int, threads: list[int]
) -> None:
    shares = share_threads(concurrency)
    assert list(shares.values()) == threads
    assert sorted(queue for queues in shares for queue in queues) == sorted(jobs.QUEUES)


def test_a_database_that_went_away_under_a_sweep_leaves_no_failed_job() -> None:
    from procrastinate.contrib.django import app

    sweep = app.tasks["channels.rescue_events"]
    job = Job(id=1, queue="q", lock=None, queueing_lock=None, task_name=sweep.name, attempts=0)
    assert sweep.get_retry_exception(exception=OperationalError(), job=job)
    assert sweep.get_retry_exception(exception=ConnectorException(), job=job)
    assert sweep.get_retry_exception(exception=KeyError(), job=job) is None
