"""What must not be seen at any moment, looked for twice a second while the storm lasts."""

import threading
from datetime import UTC, datetime

from django.db import DatabaseError, connection

_LOOK_SECONDS = 0.4
_LONG_TRANSACTION = "4 seconds"

# One statement sees one moment: what was kept with its job is never seen without it.
_WITHOUT_JOB = """
SELECT event.id FROM channels_inboundevent event
WHERE event.channel = 'whatsapp' AND event.received_at > now() - interval '15 seconds'
  AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs job
                  WHERE job.task_name = 'channels.process_event'
                    AND (job.args->>'event_id')::bigint = event.id)
UNION ALL
SELECT event.id FROM channels_inboundevent event
WHERE event.channel = 'web' AND event.received_at > now() - interval '15 seconds'
  AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs job
                  WHERE job.task_name = 'agent.answer_conversation'
                    AND (job.args->>'message_id')::bigint = event.message_id)
"""
_IN_TRANSACTION = f"""
SELECT pid, xact_start FROM pg_stat_activity
WHERE state = 'idle in transaction' AND state_change < now() - interval '{_LONG_TRANSACTION}'
"""


class Watch:
    """A context; looks from a thread of its own. `returns` are the moments at which the database
    was back. `long_transactions` were idle for seconds, as a busy machine or a pause has it."""

    def __init__(self) -> None:
        self.without_job: set[int] = set()
        self.long_transactions: set[tuple[object, ...]] = set()
        self.looks = 0
        self.returns: list[datetime] = []
        self.paused = False
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch")

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ending.set()
        self._thread.join()

    def _watch(self) -> None:
        away = False
        while not self._ending.wait(_LOOK_SECONDS):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(_WITHOUT_JOB)
                    self.without_job |= {event_id for (event_id,) in cursor.fetchall()}
                    cursor.execute(_IN_TRANSACTION)
                    if not self.paused:
                        self.long_transactions.update(cursor.fetchall())
                self.looks += 1
                if away:
                    self.returns.append(datetime.now(UTC))
                away = False
            except DatabaseError:
                away = True
            connection.close()
        connection.close()
