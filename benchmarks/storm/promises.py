"""The promises of the desk, each held against the database and the doubles' own books."""

from collections import Counter

from benchmarks.storm.desk import Desk
from benchmarks.storm.evidence import Evidence
from benchmarks.storm.fates import find_fates
from benchmarks.storm.grounds import find_groundless
from benchmarks.storm.order import find_disorder
from benchmarks.storm.outbox import count_sends
from benchmarks.storm.persons import find_overridden
from benchmarks.storm.privacy import find_leaks
from benchmarks.storm.rows import ask, count
from benchmarks.storm.sabotage import wiretap

IN_ORDER = "3 In order"
Broken = dict[str, int]  # what broke a promise, and how often: nothing is right

_ANSWERED_TWICE = """
SELECT count(*) FROM (SELECT answers_id FROM crm_message WHERE author = 'agent'
AND answers_id IS NOT NULL AND state <> 'cancelled' GROUP BY 1 HAVING count(*) > 1) doubled
"""
_SAID_SENT = """
SELECT d.token FROM channels_delivery d JOIN crm_message m ON m.id = d.message_id
JOIN crm_conversation c ON c.id = m.conversation_id WHERE d.state = 'sent' AND c.channel <> 'web'
"""
_NOT_SHOWN = """
SELECT count(*) FROM channels_delivery d WHERE d.state IN ('failed', 'unknown', 'held')
AND NOT EXISTS (SELECT 1 FROM crm_staffalert a WHERE a.key = 'delivery:' || d.id)
"""
STUCK_JOBS = """
SELECT count(*) FROM procrastinate_jobs j WHERE j.status = 'doing' AND NOT EXISTS (SELECT 1
FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > now() - interval '1 minute')
"""


def hold_against_promises(evidence: Evidence, desk: Desk) -> dict[str, Broken]:
    sends = count_sends(desk)
    calls = wiretap.read(desk.data)
    return {
        "1 Accepted is kept": _find_lost(evidence),
        "2 Once": _find_doubled(sends),
        IN_ORDER: find_disorder(desk),
        "4 A person wins": find_overridden(evidence.staff, sends),
        "5 Never silent": _find_silence(evidence),
        "6 Grounded": find_groundless(desk),
        "7 Private": find_leaks(desk),
        "8 No transaction across a network call": {
            f"calls within a transaction {sorted(set(calls))[:3]}": len(calls)
        },
    }


def _find_lost(evidence: Evidence) -> Broken:
    """What is still on its way after the longest wait is not settled, which is another fault."""
    recorded = {marker for marker, _fate in find_fates()}
    lost = sorted(evidence.accepted - recorded) if evidence.settled else []
    return {
        f"lost {lost[:5]}": len(lost),
        "seen without the job that handles it": len(evidence.watch.without_job),
        "refused during a deployment": evidence.deployment.refused,
    }


def _find_doubled(sends: Counter[str]) -> Broken:
    recorded = Counter(marker for marker, _fate in find_fates())
    repeated = sorted(marker for marker, times in recorded.items() if times > 1)
    sent_twice = sorted(token for token, times in sends.items() if times > 1)
    said_sent = {str(token) for (token,) in ask(_SAID_SENT)}
    return {
        f"recorded twice {repeated[:5]}": len(repeated),
        f"sent twice {sent_twice[:5]}": len(sent_twice),
        "said to be sent, not taken by the provider": len(said_sent - sends.keys()),
        "answered twice": count(_ANSWERED_TWICE),
    }


def _find_silence(evidence: Evidence) -> Broken:
    silent = sorted(marker for marker, fate in find_fates() if not fate)
    return {
        f"without answer, person or reason {silent[:5]}": len(silent) if evidence.settled else 0,
        "not delivered and not shown to staff": count(_NOT_SHOWN) if evidence.settled else 0,
        "stuck jobs": count(STUCK_JOBS),
        f"not settled in time: {evidence.still_open}": int(not evidence.settled),
    }
