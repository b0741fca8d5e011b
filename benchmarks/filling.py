"""A desk of years, written by SQL: customers, tickets and all that hangs on them."""

from django.db import connection, transaction

from benchmarks.loading import bare

_CUSTOMERS = [
    """
    INSERT INTO crm_customer (id, name, company, language, notes, created_at, updated_at)
    SELECT n, 'Customer ' || n, '', CASE WHEN n % 20 = 0 THEN 'de' ELSE 'en' END, '', at, at
    FROM new WHERE n % 4 = 0
    """,
    """
    INSERT INTO crm_customeridentifier (customer_id, kind, value, address, trust, created_at)
    SELECT n, 'email', address, address, 0, at
    FROM new, LATERAL (SELECT 'customer' || n || '@example.com') AS named (address) WHERE n % 4 = 0
    """,
    """
    INSERT INTO crm_conversation
        (id, customer_id, identifier_id, channel, subject, handler, turn, assigned_to_id,
         created_at, last_message_at)
    SELECT n, n / 4 * 4, identifier.id, (ARRAY['web', 'email', 'whatsapp'])[n % 3 + 1],
        'Question ' || n, CASE WHEN n % 1000 = 0 THEN 'staff' ELSE 'agent' END, 0,
        CASE WHEN n % 5 = 0 THEN %(staff)s::bigint END, at, at
    FROM new JOIN crm_customeridentifier identifier ON identifier.customer_id = n / 4 * 4
    """,
]
_TICKETS = [
    """
    INSERT INTO tickets_ticket
        (number, access_key, conversation_id, subject, category, priority, status,
         escalation_reason, escalation_detail, escalated_at, first_response_at, resolved_at,
         due_at, created_at, updated_at)
    SELECT nextval('ticket_number'), md5(n::text), n, 'Question ' || n, 'how_to',
        CASE WHEN n % 50 = 0 THEN 'high' ELSE 'normal' END,
        CASE WHEN n % 1000 = 0 THEN 'escalated' WHEN n % 100 = 1 THEN 'waiting' ELSE 'closed' END,
        CASE WHEN n % 100 = 0 THEN 'refund' ELSE '' END, '',
        CASE WHEN n % 100 = 0 THEN at END,
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
    INSERT INTO tickets_satisfaction (ticket_id, score, comment, created_at)
    SELECT ticket.id, n % 5 + 1, '', at
    FROM new JOIN tickets_ticket ticket ON ticket.conversation_id = n WHERE n % 10 = 3
    """,
]
# A few words are in every message, others in every thirtieth, and some in one.
_MESSAGES = [
    """
    INSERT INTO crm_message
        (conversation_id, direction, author, text, full_text, html, remarks, sources, state,
         external_id, answered_at, language, sentiment, emotion, created_at)
    SELECT n, 'in', 'customer', 'How do I change my plan? '
            || repeat('It says thing' || n % 31 || ' and part' || n % 3001 || '. ', 5)
            || 'My code is ' || left(md5(n::text), 8) || '.',
        '', '', '[]', '[]', 'received', 'filled:' || n,
        CASE WHEN n % 1000 <> 0 THEN at END, 'en', 0.1, 'neutral', at
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
    SELECT reply.id, 1, '', gen_random_uuid(),
        CASE WHEN n % 10000 = 1 THEN 'failed' ELSE 'sent' END,
        1, '', '', '', '', false, at, at, at
    FROM new JOIN crm_message reply ON reply.conversation_id = n AND reply.direction = 'out'
    """,
    """
    INSERT INTO channels_inboundevent
        (channel, external_id, payload, state, problem, attempts, message_id, received_at)
    SELECT 'web', 'filled:' || n, '{"name": "Customer"}', 'processed', '', 1, question.id, at
    FROM new JOIN crm_message question
        ON question.conversation_id = n AND question.direction = 'in'
    """,
]
_RUNS = [
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
    INSERT INTO agent_modelcall
        (run_id, conversation_id, model, failure, input_tokens, output_tokens, cost, milliseconds,
         created_at)
    SELECT run.id, n, 'openai/example', '', 900, 100, 0.0003, 800, at
    FROM new JOIN agent_agentrun run ON run.conversation_id = n
    """,
    """
    INSERT INTO agent_agentmetric
        (channel, recorded_at, conversation_id, sentiment, escalated, answered, latency_seconds)
    SELECT (ARRAY['web', 'email', 'whatsapp'])[n % 3 + 1], at, n, 0.1, n % 100 = 0, n % 100 <> 0,
        1 + n % 7
    FROM new
    """,
    """
    INSERT INTO agent_draft
        (run_id, conversation_id, text, sources, state, final_text, created_at, decided_at)
    SELECT run.id, n, 'Under Settings, choose a plan.', '[]', 'approved', '', at, at
    FROM new JOIN agent_agentrun run ON run.conversation_id = n WHERE n % 10 = 7
    """,
    """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args, status, attempts)
    SELECT 'agent', 'agent.answer_conversation', 0, 'conversation:' || n, '{}', 'succeeded', 1
    FROM new WHERE n % 10 = 0
    """,
]
_PARTS = [*_CUSTOMERS, *_TICKETS, *_MESSAGES, *_RUNS]
GROWING = (
    "agent_agentmetric", "agent_agentrun", "agent_agentstep", "agent_draft", "agent_modelcall",
    "channels_delivery", "channels_inboundevent", "channels_threadkey", "crm_attachment",
    "crm_conversation", "crm_customer", "crm_customeridentifier", "crm_message",
    "procrastinate_events", "procrastinate_jobs", "tickets_satisfaction", "tickets_ticket",
    "tickets_ticketevent",
)  # fmt: skip

# Away from the ids that the sequences give out.
_FIRST = 1_000_000_000


def fill(start: int, end: int, *, staff: int | None = None, days: int = 365) -> None:
    """Writes the tickets from `start` to `end`, by number, both multiples of 4, spread over the
    last `days`. One in a thousand needs a person, one in a hundred waits for its customer, the
    others are closed; every fifth is or was `staff`'s. A million take minutes."""
    with bare(GROWING), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(
            "CREATE TEMP TABLE new ON COMMIT DROP AS"
            " SELECT n, now() - %s * interval '1 day' * (%s - n) AS at"
            " FROM generate_series(%s::bigint, %s - 1) n",
            [days / (end - start), _FIRST + end, _FIRST + start, _FIRST + end],
        )
        cursor.execute("ANALYZE new")
        for part in _PARTS:
            cursor.execute(part.replace("%(staff)s", str(staff or "NULL")))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
