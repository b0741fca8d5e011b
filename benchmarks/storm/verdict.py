"""What became of every message, asked of the database and of the doubles' own books."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from benchmarks import report
from benchmarks.report import Row
from benchmarks.storm.customers import Books, Line
from benchmarks.storm.deployment import Deployment
from benchmarks.storm.desk import Desk
from benchmarks.storm.fates import FATES, find_fates
from benchmarks.storm.privacy import find_leaks
from benchmarks.storm.rows import ask, count
from benchmarks.storm.watch import Watch
from benchmarks.storm.weather import Record

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
_FAILED_JOBS = (
    "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the storm itself saw."""

    lines: list[Line]
    books: Books
    record: Record
    watch: Watch
    deployment: Deployment
    settled: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The table, and of each promise what broke it, with how often: nothing is right."""

    table: list[Row]
    promises: dict[str, dict[str, int]]

    @property
    def faults(self) -> list[str]:
        return [
            f"{promise}: {what}: {times}"
            for promise, broken in self.promises.items()
            for what, times in broken.items()
            if times
        ]

    def print(self, *, seed: int, seconds: float) -> None:
        report.print_table(f"The storm, seed {seed}, {seconds:.0f} s in all", self.table)
        print()
        for promise, broken in self.promises.items():
            print(f"  {promise:<66} {'BROKEN' if any(broken.values()) else 'held'}")
        print("\n".join(["", "FAULTS", *self.faults]) if self.faults else "\nEvery promise held.")

    def write(self, path: Path, *, seed: int) -> None:
        report.write_json(path, f"storm, seed {seed}", [*self.table, *self._as_rows()])

    def _as_rows(self) -> list[Row]:
        return [
            Row(promise, sum(broken.values()), "faults", "none", not any(broken.values()))
            for promise, broken in self.promises.items()
        ]


def judge(evidence: Evidence, desk: Desk) -> Verdict:
    books, deployment = evidence.books, evidence.deployment
    fates = find_fates()
    recorded = Counter(marker for marker, _fate in fates)
    accepted = books.accepted | deployment.accepted
    lost = sorted(accepted - recorded.keys())
    repeated = sorted(marker for marker, times in recorded.items() if times > 1)
    by_fate = Counter(fate for _marker, fate in fates)
    sends = _provider_sends(desk)
    sent_twice = sorted(token for token, times in sends.items() if times > 1)
    promises = {
        "1 Accepted is kept": {
            f"lost {lost[:5]}": len(lost),
            "seen without the job that handles it": len(evidence.watch.without_job),
            "refused during a deployment": deployment.refused,
        },
        "2 Once": {
            f"recorded twice {repeated[:5]}": len(repeated),
            f"sent twice {sent_twice[:5]}": len(sent_twice),
            "said to be sent, not taken by the provider": len(_said_sent() - sends.keys()),
            "answered twice": count(_ANSWERED_TWICE),
        },
        "3 In order": {"out of order": count(_OUT_OF_ORDER)},
        "5 Never silent": {
            "without answer, person or reason": by_fate[""],
            "not delivered and not shown to staff": count(_NOT_SHOWN),
            "jobs that hang": count(_JOBS_THAT_HANG),
            "not settled in time": int(not evidence.settled),
        },
        "7 Private": find_leaks(desk),
        "8 No transaction across a network call": {
            f"transactions left open {_last_statements(evidence.watch)}": len(
                evidence.watch.open_transactions
            ),
        },
    }
    table = [
        Row("written by customers", len(evidence.lines)),
        Row("accepted once more", books.repeated),
        Row("out of their order", books.reordered),
        *(Row(f"tried again by customers: {why}", n) for why, n in sorted(books.retried.items())),
        Row("refused to customers", len(books.refused)),
        Row("accepted", len(accepted), aim="all", ok=not lost),
        *(Row(f"accepted: {channel}", n) for channel, n in _by_channel(evidence).items()),
        Row("recorded", len(recorded), aim="each once", ok=not (lost or repeated)),
        *(Row(f"recorded: {fate}", by_fate[fate]) for fate in FATES),
        *_deliveries(),
        *(Row(f"sends of an outbound id: {times}", n) for times, n in _times(sends)),
        Row("order violations", count(_OUT_OF_ORDER), aim="none", ok=not count(_OUT_OF_ORDER)),
        Row("stuck jobs", count(_JOBS_THAT_HANG), aim="none", ok=not count(_JOBS_THAT_HANG)),
        *(Row(f"job failed for good: {name}", n) for name, n in ask(_FAILED_JOBS)),
        *(Row(kind, n, "times") for kind, n in sorted(evidence.record.count().items())),
        *_recoveries(evidence.record),
        *(Row(f"deployment: answered {said}", n) for said, n in deployment.answers.items()),
        Row("deployment: seconds", deployment.seconds, "s"),
        *_faults("Gmail", desk.gmail.faults.happened),
        *_faults("Twilio", desk.whatsapp.provider.faults.happened),
        Row("calls of the model", len(desk.model.requests)),
        Row("looks at the running desk", evidence.watch.looks),
        Row("seconds until settled", evidence.seconds, "s"),
    ]
    return Verdict(table, promises)


def _last_statements(watch: Watch) -> list[object]:
    return [statement for _pid, _since, statement in list(watch.open_transactions)[:3]]


def _said_sent() -> set[str]:
    rows = ask(
        "SELECT d.token FROM channels_delivery d JOIN crm_message m ON m.id = d.message_id "
        "JOIN crm_conversation c ON c.id = m.conversation_id "
        "WHERE d.state = 'sent' AND c.channel <> 'web'"
    )
    return {str(token) for (token,) in rows}


def _recoveries(record: Record) -> list[Row]:
    """From what was killed to the next answer that the agent recorded."""
    answers = [
        at for (at,) in ask("SELECT created_at FROM crm_message WHERE author = 'agent' ORDER BY 1")
    ]
    rows = []
    for kind in ("worker killed", "database killed", "web killed"):
        waits = sorted(
            (_next(answers, at) - at).total_seconds()
            for happened, at in record.moments
            if happened == kind and answers and at < answers[-1]
        )
        if waits:
            rows += [
                Row(f"{kind} to the next answer, median", median(waits), "s"),
                Row(f"{kind} to the next answer, longest", waits[-1], "s"),
            ]
    return rows


def _next(moments: list[datetime], after: datetime) -> datetime:
    return next(moment for moment in moments if moment > after)


def _provider_sends(desk: Desk) -> Counter[str]:
    """How often the providers took each delivery, by its token."""
    return Counter(desk.gmail.sent_per_delivery()) + desk.whatsapp.provider.books.sends_by_token()


def _by_channel(evidence: Evidence) -> dict[str, int]:
    accepted = evidence.books.accepted
    return dict(Counter(line.channel for line in evidence.lines if line.marker in accepted))


def _deliveries() -> list[Row]:
    rows = ask(
        "SELECT c.channel, d.state, count(*) FROM channels_delivery d "
        "JOIN crm_message m ON m.id = d.message_id "
        "JOIN crm_conversation c ON c.id = m.conversation_id GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [Row(f"delivery: {channel} {state}", n) for channel, state, n in rows]


def _times(sends: Counter[str]) -> list[tuple[int, int]]:
    return sorted(Counter(sends.values()).items())


def _faults(provider: str, happened: Counter[str]) -> list[Row]:
    return [Row(f"fault of {provider}: {fault}", n) for fault, n in sorted(happened.items())]
