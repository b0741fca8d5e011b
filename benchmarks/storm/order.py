"""Whether each conversation was answered in its order: promise 3."""

from benchmarks.storm.desk import Desk
from benchmarks.storm.outbox import list_tokens
from benchmarks.storm.rows import ask, count

# A send whose outcome is unknown holds the later ones back for minutes, not for ever: what the
# provider turns out not to have may leave after them, as documented.
_NEVER_UNKNOWN = """NOT EXISTS (SELECT 1 FROM channels_deliveryattempt t
WHERE t.delivery_id = d.id AND t.outcome = 'unknown')"""
_PLACES = f"""
SELECT d.token, m.conversation_id, m.id, d.part
FROM channels_delivery d JOIN crm_message m ON m.id = d.message_id WHERE {_NEVER_UNKNOWN}
"""
_RECORDED = f"""
SELECT count(*) FROM channels_delivery d JOIN crm_message m ON m.id = d.message_id
JOIN crm_message n ON n.conversation_id = m.conversation_id AND n.id > m.id
JOIN channels_delivery e ON e.message_id = n.id
WHERE d.state = 'sent' AND e.state = 'sent' AND e.sent_at < d.sent_at AND {_NEVER_UNKNOWN}
"""
_ANSWERS = """
SELECT count(*) FROM crm_message a
JOIN crm_message b ON b.conversation_id = a.conversation_id AND b.id > a.id
WHERE a.author = 'agent' AND b.author = 'agent' AND b.answers_id < a.answers_id
AND a.state <> 'cancelled' AND b.state <> 'cancelled'
"""


def find_disorder(desk: Desk) -> dict[str, int]:
    """By the desk's own times, by the order in the providers' books, and which was answered
    before which."""
    return {
        "recorded as sent out of order": count(_RECORDED),
        "taken by the provider out of order": _count_taken_out_of_order(desk),
        "answered out of order": count(_ANSWERS),
    }


def _count_taken_out_of_order(desk: Desk) -> int:
    places = {
        str(token): (conversation, (message, part))
        for token, conversation, message, part in ask(_PLACES)
    }
    wrong = 0
    for tokens in list_tokens(desk).values():
        newest: dict[int, tuple[int, int]] = {}
        for token in tokens:
            if token not in places:
                continue
            conversation, place = places[token]
            wrong += place < newest.get(conversation, (0, 0))
            newest[conversation] = max(place, newest.get(conversation, (0, 0)))
    return wrong
