"""The limit: the leanest SQL that keeps one webhook and its job, as pgbench runs it.

One statement, prepared. With one event a commit it is what each webhook would cost alone; the
product's own takes those that arrive together (`channels.group_commit`), and so does this one when
it is asked for several.
"""

import json

_PAYLOAD = json.dumps(
    {"parameters": [["Body", "How do I change the plan of my account, and from when?"]] * 8}
).replace(": ", " : ")  # pgbench takes a colon before a letter or a digit for a variable


def statement(events: int) -> str:
    """Keeps so many events and their jobs in one commit."""
    return f"""
    WITH event AS (
        INSERT INTO channels_inboundevent
            (channel, external_id, payload, raw, state, problem, attempts, received_at)
        SELECT 'whatsapp', 'bench-' || :first::text || '-' || :second::text || '-' || number,
            '{_PAYLOAD}', NULL, 'received', '', 0, now()
        FROM generate_series(1, {events}) AS series(number)
        ON CONFLICT (external_id) DO NOTHING
        RETURNING id
    )
    SELECT procrastinate_defer_jobs_v1(array_agg(ROW(
        'inbound', 'channels.process_event', 10, 'bench-' || :sender::text || '-' || id % 1000,
        NULL, jsonb_build_object('event_id', id, 'correlation_id', md5(:first::text)), NULL
    )::procrastinate_job_to_defer_v1)) FROM event
    """
