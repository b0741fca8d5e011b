"""Webhooks that arrive together are kept in one commit.

A commit costs PostgreSQL and this process about as much for one event as for ten. Who comes alone
is written at once, and what arrives meanwhile is the next commit. Only while events come together
does a commit wait a moment for more of them.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import connection, connections

from channels import intake
from channels.intake import Arrived

log = structlog.get_logger(__name__)

Waiting = tuple[Arrived, asyncio.Future[None]]

# Events of one commit: more would save nothing, and let the first wait for the last.
_MOST = 64
# Seconds between a commit of several and the next one: less than a commit takes. Where two come
# at a time more will follow, and twice as many in each commit cost a quarter less.
_PAUSE = 0.001


class GroupCommit:
    """For one event loop at a time. Its one thread keeps a connection of its own."""

    def __init__(self, *, pause: float = _PAUSE) -> None:
        self._pause = pause
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group-commit")

    async def keep(self, arrived: Arrived) -> None:
        """Returns once the event and its job are committed, or are known from before.

        Raises what the commit raised, which then kept nothing of any event in it.
        """
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrived, kept))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await kept

    def release(self) -> None:
        """Gives the connection back; the next event takes one anew."""
        self._thread.submit(connections.close_all).result()

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._keep_batch(batch)
                if len(batch) > 1:
                    await asyncio.sleep(self._pause)
        finally:  # also where the loop ends in the middle: the next one begins anew
            self._writing = None

    async def _keep_batch(self, batch: Sequence[Waiting]) -> None:
        loop = asyncio.get_running_loop()
        events = [arrived for arrived, _kept in batch]
        error: Exception | None = None
        try:
            await loop.run_in_executor(self._thread, _accept, events)
        except Exception as problem:  # noqa: BLE001  raised where each of them is waited for
            error = problem
        for _arrived, kept in batch:
            if kept.done():  # its client left
                continue
            if error:
                kept.set_exception(error)
            else:
                kept.set_result(None)


def _accept(events: Sequence[Arrived]) -> None:
    try:
        intake.accept_events(events)
    except Exception as error:
        log.warning("group_commit_failed", events=len(events), exc_info=error)
        connection.close()
        raise
