import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from channels.models import RateCounter
from channels.throttle import allow, forget_old_counters

NOON = datetime(2026, 11, 21, 12, 0, 15, tzinfo=UTC)


@pytest.mark.django_db
def test_the_limit_holds_and_says_how_long_to_wait() -> None:
    answers = [allow("form:1.2.3.4", (2, 60), now=NOON) for _ in range(3)]
    assert answers == [0, 0, 45]
    assert allow("form:5.6.7.8", (2, 60), now=NOON) == 0
    assert allow("form:1.2.3.4", (2, 60), now=NOON + timedelta(minutes=1)) == 0


@pytest.mark.django_db
def test_no_limit_counts_nothing() -> None:
    assert allow("form:1.2.3.4", None, now=NOON) == 0
    assert not RateCounter.objects.exists()


@pytest.mark.django_db
def test_old_counters_are_forgotten() -> None:
    allow("old", (1, 60), now=NOON - timedelta(days=3))
    allow("new", (1, 60), now=NOON)
    forget_old_counters(now=NOON)
    assert [counter.key for counter in RateCounter.objects.all()] == ["new/60"]


@pytest.mark.django_db(transaction=True)
def test_processes_at_the_same_moment_share_the_count() -> None:
    barrier = threading.Barrier(8)
    allowed: list[bool] = []

    def request() -> None:
        try:
            barrier.wait()
            allowed.append(allow("form:1.2.3.4", (3, 60), now=NOON) == 0)
        finally:
            connection.close()

    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/support/", "/api/v1/support/form"])
def test_requests_that_are_refused_are_limited_too(
    path: str, client: Client, settings: Any
) -> None:
    settings.FORM_RATE_LIMIT = (2, 3600)
    codes = [
        client.post(path, "{}", content_type="application/json").status_code for _ in range(11)
    ]
    assert codes == [422] * 10 + [429]
