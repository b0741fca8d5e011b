"""One worker process: runs the jobs of every queue until it is told to stop."""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import structlog
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.worker import Worker

logger = structlog.get_logger(__name__)

# Jobs that share a lock follow each other at this interval, for a release sends no notice.
FETCH_INTERVAL = 0.25
_LAST_WORDS = 5.0  # seconds between the end of the grace and a hard exit


class WorkerEndedError(Exception):
    """The worker ended without being told to."""


def run_worker(*, concurrency: int, grace: float) -> None:
    """Runs jobs in up to `concurrency` threads until SIGTERM or SIGINT.

    Then it takes no new job and waits `grace` seconds for those that run. A job that does not
    end in that time is cut off with the process, exit code 1; the job stays marked as running
    and is taken up again by the sweep for stalled jobs. Raises WorkerEndedError when it ends
    unasked, as it does when the connection to the database breaks: a supervisor starts it again.
    """
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise TypeError("A worker already runs in this process.")
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    _hide_arguments()
    try:
        with app.replace_connector(connector.get_worker_connector()):
            asyncio.run(_work(concurrency=concurrency, grace=grace))
    except (ConnectorException, psycopg.OperationalError) as error:
        raise WorkerEndedError(str(error.__cause__ or error)) from error


async def _work(*, concurrency: int, grace: float) -> None:
    loop = asyncio.get_running_loop()
    # Sync jobs run in the loop's default executor, whose own size would cap the concurrency.
    loop.set_default_executor(ThreadPoolExecutor(concurrency, thread_name_prefix="job"))
    async with app.open_async():
        work = asyncio.ensure_future(
            app.run_worker_async(
                concurrency=concurrency,
                fetch_job_polling_interval=FETCH_INTERVAL,
                shutdown_graceful_timeout=grace,
                install_signal_handlers=False,
                worker_middleware=[_log_job],
            )
        )
        stopping = asyncio.Event()

        def stop(name: str) -> None:
            if not stopping.is_set():
                stopping.set()
                logger.info("worker.stopping", signal=name)
                _exit_hard_after(grace + _LAST_WORDS)
                work.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number.name)
        logger.info("worker.started", concurrency=concurrency, process=os.getpid())
        with contextlib.suppress(asyncio.CancelledError):
            await work
    if not stopping.is_set():
        raise WorkerEndedError("the connection to the database broke")
    logger.info("worker.stopped")


async def _log_job(
    call_next: Callable[[], Awaitable[Any]], context: JobContext, _worker: Worker
) -> Any:
    """The event, the task's name and the ids, never the arguments."""
    started = time.monotonic()
    job = logger.bind(task=context.job.task_name, job=context.job.id, attempt=context.job.attempts)
    try:
        result = await call_next()
    except BaseException as error:
        job.warning(
            "job.failed",
            seconds=round(time.monotonic() - started, 3),
            error=type(error).__name__,
            exc_info=True,
        )
        raise
    job.info("job.finished", seconds=round(time.monotonic() - started, 3))
    return result


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
