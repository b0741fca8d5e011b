"""A desk of years, written by SQL: customers, tickets and all that hangs on them."""

from django.db import connection, transaction

_PARTS = [
    """
    INSERT INTO crm_customer (id, name, company, language, notes, created_at, updated_at)
    SELECT n, 'Customer ' || n, '', 'en', '', now(), now() FROM new
    WHERE n % 4 = 0
    """,
    """
    INSERT INTO crm_customeridentifier (customer_id, kind, value, address, trust, created_at)
    SELECT n, 'email', address, address, 0, now()
    FROM new, LATERAL (SELECT 'customer' || n || '@example.com') AS named (address) WHERE n % 4 = 0
    """,
    """
    INSERT INTO crm_conversation
        (id, customer_id, identifier_id, channel, subject, handler, turn, created_at,
         last_message_at)
    SELECT n, n / 4 * 4, identifier.id, 'web', 'Question ' || n,
        CASE WHEN n % 1000 = 0 THEN 'staff' ELSE 'agent' END, 0, at, at
    FROM new JOIN crm_customeridentifier identifier ON identifier.customer_id = n / 4 * 4
    """,
    """
    INSERT INTO tickets_ticket
        (number, access_key, conversation_id, subject, category, priority, status,
         escalation_reason, escalation_detail, escalated_at, first_response_at, resolved_at,
         due_at, created_at, updated_at)
    SELECT nextval('ticket_number'), md5(n::text), n, 'Question ' || n, 'how_to', 'normal',
        CASE WHEN n % 1000 = 0 THEN 'escalated' WHEN n % 100 = 1 THEN 'waiting' ELSE 'closed' END,
        CASE WHEN n % 1000 = 0 THEN 'refund' ELSE '' END, '',
        CASE WHEN n % 1000 = 0 THEN at END,
        CASE WHEN n % 1000 <> 0 THEN at END, NULL, at + interval '4 hours', at, at
    FROM new
    """,
    """
    INSERT INTO tickets_ticketevent (ticket_id, kind, actor, note, created_at)
    SELECT ticket.id, kind, 'customer', '', ticket.created_at
    FROM new JOIN tickets_ticket ticket ON ticket.conversation_id = n
    CROSS JOIN unnest(ARRAY['created', 'answered']) kind
    """,
    """
    INSERT INTO crm_message
        (conversation_id, direction, author, text, full_text, html, remarks, sources, state,
         external_id, answered_at, language, emotion, created_at)
    SELECT n, 'in', 'customer', repeat('How do I change my plan? ', 8), '', '', '[]', '[]',
        'received', 'filled:' || n, CASE WHEN n % 1000 <> 0 THEN at END, 'en', 'neutral', at
    FROM new
    """,
    """
    INSERT INTO crm_message
        (conversation_id, direction, author, text, full_text, html, remarks, sources, state,
         answers_id, turn, language, emotion, created_at)
    SELECT n, 'out', 'agent', repeat('Under Settings, choose a plan. ', 8), '', '', '[]', '[]',
        'sent', question.id, 0, 'en', '', at
    FROM new JOIN crm_message question ON question.conversation_id = n
    WHERE n % 1000 <> 0
    """,
    """
    INSERT INTO channels_delivery
        (message_id, part, text, token, state, attempts, intent_ref, provider_id,
         provider_status, problem, noticed, created_at, changed_at, sent_at)
    SELECT reply.id, 1, '', gen_random_uuid(), 'sent', 1, '', '', '', '', false, at, at, at
    FROM new JOIN crm_message reply ON reply.conversation_id = n AND reply.direction = 'out'
    """,
    """
    INSERT INTO channels_inboundevent
        (channel, external_id, payload, state, problem, attempts, message_id, received_at)
    SELECT 'web', 'filled:' || n, '{"name": "Customer"}', 'processed', '', 1, question.id, at
    FROM new JOIN crm_message question
        ON question.conversation_id = n AND question.direction = 'in'
    """,
    """
    INSERT INTO agent_agentrun
        (conversation_id, message_id, state, decision, reason, explanation, draft, sources,
         intent, turn, model, input_tokens, output_tokens, started_at, finished_at)
    SELECT n, question.id, 'done', 'send', '', '', 'Under Settings, choose a plan.', '[]', '', 0,
        'offline', 0, 0, at, at
    FROM new JOIN crm_message question
        ON question.conversation_id = n AND question.direction = 'in'
    """,
    """
    INSERT INTO agent_agentstep (run_id, position, kind, title, detail, milliseconds)
    SELECT run.id, position, 'tool', 'search', jsonb_build_object('found', repeat('x', 200)), 1
    FROM new JOIN agent_agentrun run ON run.conversation_id = n
    CROSS JOIN generate_series(1, 4) position
    """,
    """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args, status, attempts)
    SELECT 'agent', 'agent.answer_conversation', 0, 'conversation:' || n, '{}', 'succeeded', 1
    FROM new WHERE n % 10 = 0
    """,
]  # fmt: skip
GROWING = (
    "agent_agentrun", "agent_agentstep", "agent_modelcall", "channels_delivery",
    "channels_inboundevent", "channels_threadkey", "crm_attachment", "crm_conversation",
    "crm_customer", "crm_customeridentifier", "crm_message", "procrastinate_events",
    "procrastinate_jobs", "tickets_ticket", "tickets_ticketevent",
)  # fmt: skip

_BATCH = 100_000
# Away from the ids that the sequences give out.
_FIRST = 1_000_000_000


def fill(start: int, end: int) -> None:
    """Writes the tickets from `start` to `end`, by number; both are multiples of 4. One in a
    thousand needs a person, one in a hundred waits for its customer, the others are closed."""
    for batch in range(start, end, _BATCH):
        _fill(batch, min(end, batch + _BATCH))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@transaction.atomic
def _fill(start: int, end: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(
            "CREATE TEMP TABLE new ON COMMIT DROP AS SELECT n,"
            " now() - interval '1 second' * (2000000000 - n) / 30 AS at"
            " FROM generate_series(%s::bigint, %s - 1) n",
            [_FIRST + start, _FIRST + end],
        )
        cursor.execute("ANALYZE new")
        for part in _PARTS:
            cursor.execute(part)
