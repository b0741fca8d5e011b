"""What a provider hands over is kept before anything is done with it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.types.json import Jsonb

from channels.models import InboundEvent
from config import jobs
from config.correlation import get_correlation_id

_TASK = "channels.process_event"
_QUEUE = "inbound"

_JOBS, _JOB_PARAMETERS = jobs.jobs_expression(
    _TASK,
    queue=_QUEUE,
    lock="arrived.lock",
    row_argument="event_id",
    row="event.id",
    correlation_id="arrived.correlation_id",
)
_INSERT = """
    INSERT INTO channels_inboundevent
        (channel, external_id, payload, state, problem, attempts, received_at)
    VALUES (%s, %s, %s::jsonb, %s, '', 0, %s)
    ON CONFLICT (external_id) DO NOTHING
    RETURNING id
"""
# Stores the events and their jobs together, or none, and yields the ids of the jobs.
_ACCEPT = f"""
    WITH arrived AS (
        SELECT * FROM ROWS FROM (
            jsonb_to_recordset(%(events)s::jsonb) AS (
                channel text, external_id text, received_at timestamptz, payload jsonb,
                lock text, correlation_id text
            ),
            unnest(%(raws)s::bytea[])
        ) WITH ORDINALITY AS one(
            channel, external_id, received_at, payload, lock, correlation_id, raw, place
        )
    ), event AS (
        INSERT INTO channels_inboundevent
            (channel, external_id, payload, raw, state, problem, attempts, received_at)
        SELECT channel, external_id, payload, raw, %(state)s, '', 0, received_at
        FROM arrived ORDER BY place
        ON CONFLICT (external_id) DO NOTHING
        RETURNING id, external_id
    )
    SELECT {_JOBS} FROM event JOIN arrived USING (external_id)
"""  # noqa: S608  of our own constants


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a provider handed over. What one `sender` sent is read in the order of its arrival."""

    channel: str
    external_id: str
    sender: str
    received_at: datetime
    payload: dict[str, object] = field(repr=False)
    raw: bytes | None = field(default=None, repr=False)
    # Of the request that brought it.
    correlation_id: str = field(default_factory=get_correlation_id)


def accept_event(
    *,
    channel: str,
    external_id: str,
    payload: dict[str, object],
    sender: str,
    now: datetime,
    raw: bytes | None = None,
) -> bool:
    """Stores what arrived and the job that will read it, in one commit; False if it is known."""
    return bool(accept_events([Arrived(channel, external_id, sender, now, payload, raw)]))


def accept_events(arrived: Sequence[Arrived]) -> int:
    """Stores all that arrived and the jobs that will read it, in one commit; how much was new.

    One statement, hence one round trip and whole with or without a transaction around it. One
    that the database refuses takes the others with it. So does a deadlock, which calls that
    bring the same events in another order may run into.
    """
    new: dict[str, Arrived] = {}
    for each in arrived:
        new.setdefault(each.external_id[:255], each)
    parameters = {
        **_JOB_PARAMETERS,
        "state": InboundEvent.State.RECEIVED.value,
        "events": Jsonb([_as_json(name, each) for name, each in new.items()]),
        "raws": [each.raw for each in new.values()],
    }
    with _preparing_cursor() as cursor:
        cursor.execute(_ACCEPT, parameters)
        (job_ids,) = cursor.fetchone()
    return len(job_ids or ())


def insert_event(event: InboundEvent) -> int | None:
    """Stores an event that its caller reads at once, in the caller's transaction; its id, or None
    if it is known. Whoever brings the same one meanwhile waits for that transaction's end."""
    payload = json.dumps(event.payload)
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [event.channel, event.external_id, payload, event.state, event.received_at],
        )
        stored = cursor.fetchone()
    return stored[0] if stored else None


def _as_json(name: str, arrived: Arrived) -> dict[str, object]:
    return {
        "channel": arrived.channel,
        "external_id": name,
        "received_at": arrived.received_at.isoformat(),
        "payload": arrived.payload,
        "lock": _lock(arrived.channel, arrived.sender),
        "correlation_id": arrived.correlation_id,
    }


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
