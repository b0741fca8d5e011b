"""The limit: the leanest SQL that keeps one webhook and its job, as pgbench runs it.

One statement, prepared, for one event. (The product's own takes all that arrive together.)
"""

import json

_PAYLOAD = json.dumps(
    {"parameters": [["Body", "How do I change the plan of my account, and from when?"]] * 8}
).replace(": ", " : ")  # pgbench takes a colon before a letter or a digit for a variable

STATEMENT = f"""
    WITH event AS (
        INSERT INTO channels_inboundevent
            (channel, external_id, payload, raw, state, problem, attempts, received_at)
        VALUES ('whatsapp', 'bench-' || :first::text || '-' || :second::text, '{_PAYLOAD}', NULL,
            'received', '', 0, now())
        ON CONFLICT (external_id) DO NOTHING
        RETURNING id
    )
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        'inbound', 'channels.process_event', 10, 'bench-' || :sender::text, NULL,
        jsonb_build_object('event_id', id, 'correlation_id', md5(:first::text)), NULL
    )::procrastinate_job_to_defer_v1]) FROM event
"""
