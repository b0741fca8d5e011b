"""Jobs that the database believes this process to run, while it does not.

A connection that is lost while a job's end is written leaves the job marked as running by a worker
that lives: nobody would ever finish it, and its lock would hold back all that come after it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from procrastinate.job_context import JobContext
from procrastinate.worker import Worker

from config import rescue

log = structlog.get_logger(__name__)

Call = Callable[[], Awaitable[Any]]

LOOK_SECONDS = 5.0


class Keeper:
    """Knows what runs here (`note` is worker middleware) and releases what does not."""

    def __init__(self, pause: float = LOOK_SECONDS) -> None:
        self._pause = pause
        self._running: set[int] = set()
        self._workers: set[int] = set()

    async def note(self, call_next: Call, context: JobContext, worker: Worker) -> Any:
        job_id = context.job.id or 0
        self._running.add(job_id)
        self._workers.add(worker.worker_id or 0)
        try:
            return await call_next()
        finally:
            self._running.discard(job_id)

    async def tend(self) -> None:
        """Runs until it is cancelled. A job counts as abandoned at the second look in a row, for
        between its end and the note of it in the database lies a moment."""
        suspects: set[int] = set()
        while True:
            await asyncio.sleep(self._pause)
            try:
                suspects = await self.look(suspects)
            except Exception as error:  # noqa: BLE001  whatever it is, the next look may succeed
                log.warning("abandoned_jobs_not_looked_up", problem=type(error).__name__)

    async def look(self, suspects: set[int]) -> set[int]:
        """Those that seem abandoned now; the ones that did before, too, are released."""
        return await sync_to_async(self._look)(suspects)

    def _look(self, suspects: set[int]) -> set[int]:
        close_old_connections()
        try:
            return rescue.release_idle(self._workers, running=self._running, suspects=suspects)
        finally:
            close_old_connections()
