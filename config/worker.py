"""One worker process: runs the jobs of every queue until it is told to stop."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import structlog
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from agent.fallback import load_chat_models
from config.abandoned import Keeper
from config.job_watch import log_job, watch_job
from config.jobs import QUEUES, SLOW_QUEUES
from config.postgres.base import has_something_to_read
from config.rescue import HEARTBEAT_SECONDS, SECONDS_SINCE_HEARTBEAT

logger = structlog.get_logger(__name__)

Queues = tuple[str, ...]

# Jobs that share a lock follow each other at this interval, for a release sends no notice. A
# notice that comes while Procrastinate looks for a job is lost, and the job starts this much later.
FETCH_INTERVAL = 0.08
_CONNECTIONS = 6
_LAST_WORDS = 5.0  # seconds between the end of the grace and a hard exit


class WorkerEndedError(Exception):
    """The worker ended without being told to."""


def run_worker(*, shares: Mapping[Queues, int], grace: float, wait: bool = True) -> None:
    """Runs jobs, of each group of queues so many side by side, until SIGTERM or SIGINT; without
    `wait` until none is due.

    Then it takes no new job and waits `grace` seconds for those that run. A job that does not
    end in that time is cut off with the process, exit code 1; the job stays marked as running
    and is taken up again by the sweep for stalled jobs. Raises WorkerEndedError when it ends
    unasked, as it does when the connection to the database breaks: a supervisor starts it again.
    """
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise TypeError("A worker already runs in this process.")
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    load_chat_models()
    _hide_arguments()
    try:
        with app.replace_connector(_make_connector()):
            asyncio.run(_work(shares, grace=grace, wait=wait))
    except (ConnectorException, psycopg.OperationalError) as error:
        raise WorkerEndedError(str(error.__cause__ or error)) from error


async def _work(shares: Mapping[Queues, int], *, grace: float, wait: bool) -> None:
    concurrency = sum(shares.values())
    loop = asyncio.get_running_loop()
    # Sync jobs run in the loop's default executor, whose own size would cap the concurrency.
    loop.set_default_executor(ThreadPoolExecutor(concurrency, thread_name_prefix="job"))
    keeper = Keeper()
    async with app.open_async():
        keeping = asyncio.create_task(keeper.tend())
        works = [
            asyncio.ensure_future(
                app.run_worker_async(
                    queues=list(queues),
                    concurrency=threads,
                    wait=wait,
                    fetch_job_polling_interval=FETCH_INTERVAL,
                    shutdown_graceful_timeout=grace,
                    install_signal_handlers=False,
                    worker_middleware=[keeper.note, log_job, watch_job],
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=SECONDS_SINCE_HEARTBEAT,
                )
            )
            for queues, threads in shares.items()
        ]
        stopping = asyncio.Event()

        def stop(name: str) -> None:
            if not stopping.is_set():
                stopping.set()
                logger.info("worker.stopping", signal=name)
                _exit_hard_after(grace + _LAST_WORDS)
                cancel(works)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number.name)
        logger.info("worker.started", concurrency=concurrency, process=os.getpid())
        await asyncio.wait(
            works, return_when=asyncio.FIRST_COMPLETED if wait else asyncio.ALL_COMPLETED
        )
        if not stopping.is_set():  # one ended by itself; a second cancel would cut the grace short
            cancel(works)
        ends = await asyncio.gather(*works, return_exceptions=True)
        keeping.cancel()
        for ended in ends:
            if isinstance(ended, Exception):
                raise ended
    if wait and not stopping.is_set():
        raise WorkerEndedError("the connection to the database broke")
    logger.info("worker.stopped")


def share_threads(concurrency: int) -> dict[Queues, int]:
    """Queues and how many of their jobs run at the same time; two threads are the least.

    A quarter of the threads takes no job that waits for a model, so that a reply of staff leaves
    while every model call hangs; the other three quarters take nothing else.
    """
    quick = max(1, concurrency // 4)
    return {
        tuple(sorted(set(QUEUES) - SLOW_QUEUES)): quick,
        tuple(sorted(SLOW_QUEUES)): max(1, concurrency - quick),
    }


def cancel(works: Sequence[asyncio.Future[None]]) -> None:
    for work in works:
        work.cancel()


def _make_connector() -> PsycopgConnector:
    """Each of the two workers listens on a connection of its own; the others are shared.

    Procrastinate says one statement at a time, so each is its own transaction: nothing is said
    before and after it.
    """
    return PsycopgConnector(
        pool_factory=_make_pool,
        kwargs=connector_params("default"),
        max_size=_CONNECTIONS,
    )


def _make_pool(**arguments: Any) -> AsyncConnectionPool:
    return AsyncConnectionPool(
        **{**arguments, "configure": _configure_connection, "check": _check_connection}
    )


async def _configure_connection(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)


async def _check_connection(connection: psycopg.AsyncConnection[Any]) -> None:
    """Raises OperationalError if the server has ended it. Asks the server only if it spoke."""
    if has_something_to_read(connection):
        await AsyncConnectionPool.check_connection(connection)


def _hide_arguments() -> None:
    """Procrastinate's own line on a failed job prints its arguments; `_log_job` says the rest."""

    def keep(record: logging.LogRecord) -> bool:
        return not str(getattr(record, "action", "")).startswith("job_")

    logging.getLogger("procrastinate.worker").addFilter(keep)


def _exit_hard_after(seconds: float) -> None:
    """A thread cannot be cancelled: one stuck job would keep the process for ever."""

    def leave() -> None:
        logger.error("worker.cut_off")
        os._exit(1)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()
