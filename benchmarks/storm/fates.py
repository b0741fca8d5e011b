"""What became of each message that a customer wrote and the desk recorded."""

from benchmarks.storm.rows import ask

ANSWERED = "answered"
BY_STAFF = "answered by a person"
TAKEN_OVER = "with the person who took over"
HANDED_OVER = "handed over to a person"
DRAFTED = "a draft waits for a person"
NO_REPLY = "no reply, with a reason"
UNDELIVERED = "answer not delivered, shown to staff"
FATES = (ANSWERED, BY_STAFF, HANDED_OVER, TAKEN_OVER, DRAFTED, NO_REPLY, UNDELIVERED)

# A reply and what it answers carry the same moment. An answer of the agent that a person overtook
# is cancelled; then what that person wrote is the answer.
_QUERY = """
SELECT substring(m.text FROM 'ref-[0-9]{5}'),
       CASE
           WHEN reply.state = 'sent' AND reply.author = 'agent' THEN 'answered'
           WHEN reply.state = 'sent' OR m.answered_at IS NOT NULL AND EXISTS (
               SELECT 1 FROM crm_message s WHERE s.conversation_id = m.conversation_id
               AND s.author = 'staff' AND s.state = 'sent' AND s.id > m.id
           ) THEN 'answered by staff'
           WHEN reply.id IS NOT NULL AND EXISTS (
               SELECT 1 FROM channels_delivery d
               JOIN crm_staffalert a ON a.key = 'delivery:' || d.id
               WHERE d.message_id = reply.id
           ) THEN 'undelivered'
           WHEN reply.id IS NULL AND m.answered_at IS NOT NULL AND (
               EXISTS (SELECT 1 FROM agent_agentrun r
                       WHERE r.conversation_id = m.conversation_id AND r.message_id >= m.id
                       AND r.decision = 'no_reply' AND r.explanation <> '')
               OR EXISTS (SELECT 1 FROM channels_inboundevent e
                          WHERE e.message_id = m.id AND e.problem <> '')
           ) THEN 'no reply'
           WHEN m.answered_at IS NULL AND c.handler = 'staff' AND EXISTS (
               SELECT 1 FROM tickets_ticket t
               WHERE t.conversation_id = c.id AND t.escalation_reason <> ''
           ) THEN 'handed over'
           WHEN m.answered_at IS NULL AND c.handler = 'staff' AND c.assigned_to_id IS NOT NULL
               THEN 'taken over'
           WHEN m.answered_at IS NULL AND EXISTS (
               SELECT 1 FROM agent_draft a
               WHERE a.conversation_id = m.conversation_id AND a.state = 'open'
           ) THEN 'drafted'
           ELSE ''
       END
FROM crm_message m
JOIN crm_conversation c ON c.id = m.conversation_id
LEFT JOIN crm_message reply ON reply.conversation_id = m.conversation_id
    AND reply.direction = 'out' AND reply.author IN ('agent', 'staff') AND reply.id > m.id
    AND reply.created_at = m.answered_at AND reply.state <> 'cancelled'
WHERE m.direction = 'in' AND m.text ~ 'ref-[0-9]{5}'
"""

_NAMES = {
    "answered": ANSWERED,
    "answered by staff": BY_STAFF,
    "taken over": TAKEN_OVER,
    "undelivered": UNDELIVERED,
    "no reply": NO_REPLY,
    "handed over": HANDED_OVER,
    "drafted": DRAFTED,
}


def find_fates() -> list[tuple[str, str]]:
    """The marker and the fate of each recorded message; "" where it has none, which is a fault."""
    return [(marker, _NAMES.get(fate, "")) for marker, fate in ask(_QUERY)]
