"""What a provider hands over is kept before anything is done with it."""

from datetime import datetime
from typing import Any, Self

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.types.json import Jsonb

from channels.models import InboundEvent
from config import jobs

_TASK = "channels.process_event"
_QUEUE = "inbound"

# Stores the event and its job together, or neither, and yields a row only for a new event.
_ACCEPT = """
    WITH event AS (
        INSERT INTO channels_inboundevent
            (channel, external_id, payload, raw, state, problem, attempts, received_at)
        VALUES (%(channel)s, %(external_id)s, %(payload)s, %(raw)s, %(state)s, '', 0, %(now)s)
        ON CONFLICT (external_id) DO NOTHING
        RETURNING id
    )
    SELECT JOB FROM event
"""


def accept_event(
    *,
    channel: str,
    external_id: str,
    payload: dict[str, object],
    sender: str,
    now: datetime,
    raw: bytes | None = None,
) -> bool:
    """Stores what arrived and the job that will read it, in one commit; False if it is known.

    One statement, hence one round trip and whole with or without a transaction around it. What
    the same `sender` sent is read in the order of its arrival.
    """
    job, parameters = jobs.job_expression(
        _TASK, lock=_lock(channel, sender), queue=_QUEUE, row_argument="event_id", row="event.id"
    )
    row: dict[str, Any] = {
        "channel": channel,
        "external_id": external_id[:255],
        "payload": Jsonb(payload),
        "raw": raw,
        "state": InboundEvent.State.RECEIVED.value,
        "now": now,
    }
    with _preparing_cursor() as cursor:
        cursor.execute(_ACCEPT.replace("JOB", job), {**row, **parameters})
        return bool(cursor.rowcount)


def _lock(channel: str, sender: str) -> str:
    return f"inbound:{channel}:{sender}"[:200]


def _preparing_cursor() -> CursorWrapper:
    """A cursor with Django's own errors and hooks around it."""
    connection.ensure_connection()
    cursor: Any = _PreparingCursor(connection.connection)
    if connection.queries_logged:
        return connection.make_debug_cursor(cursor)
    return connection.make_cursor(cursor)


class _PreparingCursor(psycopg.Cursor[Any]):
    """The server plans the statement once a connection: planning costs as much as running it.

    A PgBouncer between must be 1.21 or later, with `max_prepared_statements` above 0.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        return super().execute(query, params, **{**options, "prepare": True})


def enqueue_event(event: InboundEvent, *, sender: str, unless_queued: bool = False) -> int:
    return jobs.enqueue(
        _TASK,
        lock=_lock(event.channel, sender),
        queue=_QUEUE,
        unless_queued=unless_queued,
        event_id=event.pk,
    )
