"""What became of every message, asked of the database and of the doubles' own books."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection

from benchmarks.three_channels.customers import Books, Line
from benchmarks.three_channels.desk import Desk

_JOBS_ON_THE_WAY = (
    "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' OR (status = 'todo' "
    "AND task_name <> 'channels.notify_web_customer' "
    "AND coalesce(scheduled_at, now()) <= now() + interval '2 minutes')"
)
_DELIVERIES_ON_THE_WAY = (
    "SELECT count(*) FROM channels_delivery WHERE state IN ('queued', 'sending', 'unknown')"
)
_WAITING_FOR_THE_AGENT = (
    "SELECT count(*) FROM crm_message m JOIN crm_conversation c ON c.id = m.conversation_id "
    "WHERE m.direction = 'in' AND m.answered_at IS NULL AND c.handler = 'agent'"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    table: list[tuple[str, object]]
    faults: list[str]


def is_quiet() -> bool:
    """Nothing is due, nothing is on its way, and nothing waits for the agent."""
    return not any(
        _one(query)
        for query in (
            _JOBS_ON_THE_WAY,
            _DELIVERIES_ON_THE_WAY,
            "SELECT count(*) FROM channels_inboundevent WHERE state = 'received'",
            _WAITING_FOR_THE_AGENT,
        )
    )


def judge(lines: list[Line], books: Books, desk: Desk) -> Verdict:
    """A table to print, and the faults: empty if every promise held."""
    recorded = _markers()
    lost = sorted(books.accepted - recorded.keys())
    doubled = sorted(marker for marker, count in recorded.items() if count > 1)
    mails = desk.gmail.sent_per_delivery()
    texts = desk.whatsapp.provider.books.sends_by_token()
    sent_twice = [token for token, count in {**mails, **texts}.items() if count > 1]
    states = dict(_rows("SELECT state, count(*) FROM channels_delivery GROUP BY 1"))
    unsettled = _one(_WAITING_FOR_THE_AGENT)
    silent = _one(
        "SELECT count(*) FROM crm_message m JOIN crm_conversation c ON c.id = m.conversation_id "
        "WHERE m.direction = 'in' AND m.answered_at IS NULL AND c.handler = 'staff' AND NOT EXISTS "
        "(SELECT 1 FROM tickets_ticket t WHERE t.conversation_id = c.id "
        "AND t.escalation_reason <> '')"
    )
    twice = _one(
        "SELECT count(*) FROM (SELECT answers_id FROM crm_message WHERE author = 'agent' "
        "AND answers_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1) doubled"
    )
    disorder = _one(
        "SELECT count(*) FROM channels_delivery a JOIN crm_message ma ON ma.id = a.message_id "
        "JOIN crm_message mb ON mb.conversation_id = ma.conversation_id AND mb.id > ma.id "
        "JOIN channels_delivery b ON b.message_id = mb.id "
        "WHERE a.state = 'sent' AND b.state = 'sent' AND b.sent_at < a.sent_at "
        "AND NOT EXISTS (SELECT 1 FROM channels_deliveryattempt t "
        "WHERE t.delivery_id = a.id AND t.outcome = 'unknown')"
    )
    hidden = _one(
        "SELECT count(*) FROM channels_delivery d WHERE d.state IN ('failed', 'unknown', 'held') "
        "AND NOT EXISTS (SELECT 1 FROM crm_staffalert a WHERE a.key = 'delivery:' || d.id)"
    )
    stuck = _one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")
    failed = _one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
    table: list[tuple[str, object]] = [
        ("written by customers", len(lines)),
        ("sent again", books.repeated),
        ("changed places", books.reordered),
        ("accepted", len(books.accepted)),
        ("recorded", len(recorded)),
        ("lost", len(lost)),
        ("recorded twice", len(doubled)),
        *(
            (f"agent: {decision}", count)
            for decision, count in _rows(
                "SELECT decision, count(*) FROM agent_agentrun WHERE state = 'done' GROUP BY 1"
            )
        ),
        *((f"delivery: {state}", count) for state, count in sorted(states.items())),
        ("mails the provider took", sum(mails.values())),
        ("texts the provider took", sum(texts.values())),
        ("sent twice", len(sent_twice)),
        ("answered twice", twice),
        ("without answer or person", unsettled + silent),
        ("out of order", disorder),
        ("not delivered and not shown", hidden),
        ("jobs stuck", stuck),
        ("jobs failed for good", failed),
    ]
    faults = [
        f"{name}: {count}"
        for name, count in (
            (f"lost {lost[:5]}", len(lost)),
            (f"recorded twice {doubled[:5]}", len(doubled)),
            (f"sent twice {sent_twice[:5]}", len(sent_twice)),
            ("answered twice", twice),
            ("without answer or person", unsettled + silent),
            ("out of order", disorder),
            ("not delivered and not shown", hidden),
            ("jobs stuck", stuck),
        )
        if count
    ]
    return Verdict(table, faults)


def _markers() -> Counter[str]:
    rows = _rows(
        "SELECT substring(text FROM 'ref-[0-9]{5}'), count(*) FROM crm_message "
        "WHERE direction = 'in' GROUP BY 1"
    )
    return Counter({marker: count for marker, count in rows if marker})


def _one(query: str) -> int:
    return int(_rows(query)[0][0])


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())
