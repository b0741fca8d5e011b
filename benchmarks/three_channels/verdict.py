"""What became of every message, asked of the database and of the doubles' own books."""

from collections import Counter
from dataclasses import dataclass

from benchmarks.three_channels.customers import Books, Line
from benchmarks.three_channels.desk import Desk
from benchmarks.three_channels.fates import FATES, find_fates
from benchmarks.three_channels.rows import ask, count

Row = tuple[str, object]

_ANSWERED_TWICE = (
    "SELECT count(*) FROM (SELECT answers_id FROM crm_message WHERE author = 'agent' "
    "AND answers_id IS NOT NULL AND state <> 'cancelled' GROUP BY 1 HAVING count(*) > 1) doubled"
)
_OUT_OF_ORDER = (
    "SELECT count(*) FROM channels_delivery a JOIN crm_message ma ON ma.id = a.message_id "
    "JOIN crm_message mb ON mb.conversation_id = ma.conversation_id AND mb.id > ma.id "
    "JOIN channels_delivery b ON b.message_id = mb.id "
    "WHERE a.state = 'sent' AND b.state = 'sent' AND b.sent_at < a.sent_at "
    "AND NOT EXISTS (SELECT 1 FROM channels_deliveryattempt t "
    "WHERE t.delivery_id = a.id AND t.outcome = 'unknown')"
)
_NOT_SHOWN = (
    "SELECT count(*) FROM channels_delivery d WHERE d.state IN ('failed', 'unknown', 'held') "
    "AND NOT EXISTS (SELECT 1 FROM crm_staffalert a WHERE a.key = 'delivery:' || d.id)"
)
_JOBS_THAT_HANG = (
    "SELECT count(*) FROM procrastinate_jobs j WHERE j.status = 'doing' AND NOT EXISTS (SELECT 1 "
    "FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > now() - interval '1 minute')"
)
_FAILED_JOBS = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`faults` is empty if every promise held."""

    table: list[Row]
    faults: list[str]


def judge(lines: list[Line], books: Books, desk: Desk) -> Verdict:
    fates = find_fates()
    recorded = Counter(marker for marker, _fate in fates)
    lost = sorted(books.accepted - recorded.keys())
    repeated = sorted(marker for marker, times in recorded.items() if times > 1)
    by_fate = Counter(fate for _marker, fate in fates)
    sends = _provider_sends(desk)
    sent_twice = sorted(token for token, times in sends.items() if times > 1)
    said_sent = {
        str(token)
        for (token,) in ask(
            "SELECT d.token FROM channels_delivery d JOIN crm_message m ON m.id = d.message_id "
            "JOIN crm_conversation c ON c.id = m.conversation_id "
            "WHERE d.state = 'sent' AND c.channel <> 'web'"
        )
    }
    broken = {
        f"lost {lost[:5]}": len(lost),
        f"recorded twice {repeated[:5]}": len(repeated),
        f"sent twice {sent_twice[:5]}": len(sent_twice),
        "said to be sent, not taken by the provider": len(said_sent - sends.keys()),
        "answered twice": count(_ANSWERED_TWICE),
        "without answer, person or reason": by_fate[""],
        "out of order": count(_OUT_OF_ORDER),
        "not delivered and not shown to staff": count(_NOT_SHOWN),
        "jobs that hang": count(_JOBS_THAT_HANG),
    }
    table: list[Row] = [
        ("written by customers", len(lines)),
        ("accepted once more", books.repeated),
        ("out of their order", books.reordered),
        ("refused to customers", len(books.refused)),
        ("accepted", len(books.accepted)),
        *((f"accepted: {channel}", n) for channel, n in _by_channel(lines, books).items()),
        ("recorded", len(recorded)),
        *((f"recorded: {fate}", by_fate[fate]) for fate in FATES),
        *_deliveries(),
        *((f"delivery taken {times} time(s)", n) for times, n in _times(sends)),
        *_faults("Gmail", desk.gmail.faults.happened),
        *_faults("Twilio", desk.whatsapp.provider.faults.happened),
        ("jobs failed for good", count(_FAILED_JOBS)),
        *broken.items(),
    ]
    return Verdict(table, [f"{name}: {n}" for name, n in broken.items() if n])


def _provider_sends(desk: Desk) -> Counter[str]:
    """How often the providers took each delivery, by its token."""
    return Counter(desk.gmail.sent_per_delivery()) + desk.whatsapp.provider.books.sends_by_token()


def _by_channel(lines: list[Line], books: Books) -> dict[str, int]:
    return dict(Counter(line.channel for line in lines if line.marker in books.accepted))


def _deliveries() -> list[Row]:
    rows = ask(
        "SELECT c.channel, d.state, count(*) FROM channels_delivery d "
        "JOIN crm_message m ON m.id = d.message_id "
        "JOIN crm_conversation c ON c.id = m.conversation_id GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [(f"delivery: {channel} {state}", n) for channel, state, n in rows]


def _times(sends: Counter[str]) -> list[tuple[int, int]]:
    return sorted(Counter(sends.values()).items())


def _faults(provider: str, happened: Counter[str]) -> list[Row]:
    return [(f"fault of {provider}: {fault}", n) for fault, n in sorted(happened.items())]
