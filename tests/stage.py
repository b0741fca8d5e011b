"""Two connections at one moment, for tests with real transactions."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, connections, transaction

T = TypeVar("T")
_PATIENCE = 60.0


@contextmanager
def beside(work: Callable[[], T]) -> Iterator[Callable[[], Future[T]]]:
    """The block is a transaction that stays open while `work` runs on another connection.

    It gets a function that starts the work and returns once it ended or waits for a lock. The
    block's end commits; the future then holds what the work returned or raised.
    """

    def run() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        futures: list[Future[T]] = []

        def start() -> Future[T]:
            futures.append(pool.submit(run))
            deadline = time.monotonic() + _PATIENCE
            while not futures[0].done() and not _anybody_waits():
                assert time.monotonic() < deadline, "it neither ended nor waits for a lock"
                time.sleep(0.02)
            return futures[0]

        with transaction.atomic():
            yield start
        futures[0].exception(_PATIENCE)


def _anybody_waits() -> bool:
    with connection.cursor() as cursor:
        # In a transaction the first look's list of connections is kept; the other may be new.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        (count,) = cursor.fetchone()
    return bool(count)
