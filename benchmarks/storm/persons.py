"""Whether a person won wherever one took over: promise 4."""

from collections import defaultdict
from collections.abc import Collection

from benchmarks.storm.colleagues import StaffBooks
from benchmarks.storm.rows import ask, count

# What the agent wrote, and the turn that it had seen when it began to think.
_BY_THE_AGENT = """
SELECT m.conversation_id, m.id, r.turn FROM crm_message m
JOIN agent_agentrun r ON r.reply_id = m.id WHERE m.author = 'agent'
"""
# A reply by staff carries the turn that it began; what was prepared in an earlier one is void.
_AFTER_STAFF = """
SELECT count(*) FROM crm_message m JOIN agent_agentrun r ON r.reply_id = m.id
JOIN crm_message s ON s.conversation_id = m.conversation_id AND s.id < m.id
WHERE m.author = 'agent' AND s.author = 'staff' AND s.turn > r.turn
"""
_SENT = "SELECT token FROM channels_delivery WHERE state = 'sent'"
DROPPED = "SELECT count(*) FROM agent_agentrun WHERE state = 'dropped'"


def find_overridden(books: StaffBooks, taken: Collection[str]) -> dict[str, int]:
    """How often the agent spoke although a person had taken over. `taken` are the tokens of all
    that the providers took."""
    written = defaultdict(list)
    for conversation, message, turn in ask(_BY_THE_AGENT):
        written[conversation].append((message, turn))
    recorded = sum(
        message > takeover.newest and turn < takeover.turn
        for takeover in books.takeovers
        for message, turn in written[takeover.conversation]
    )
    left = {str(token) for (token,) in ask(_SENT)} | set(taken)
    overtaken = {token for takeover in books.takeovers for token in takeover.tokens}
    return {
        "recorded after a person took over": recorded + count(_AFTER_STAFF),
        "left after a person took over": len(overtaken & left),
        "never put to the test": int(not books.takeovers),
    }
