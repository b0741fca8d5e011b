"""The figures of a storm: what came, what became of it, what went wrong and how soon it passed."""

from collections import Counter
from datetime import datetime
from statistics import median

from benchmarks.report import Row
from benchmarks.storm.desk import Desk
from benchmarks.storm.evidence import Evidence
from benchmarks.storm.fates import FATES, find_fates
from benchmarks.storm.outbox import count_sends
from benchmarks.storm.persons import DROPPED
from benchmarks.storm.promises import STUCK_JOBS
from benchmarks.storm.rows import ask, count

_DELIVERIES = """
SELECT c.channel, d.state, count(*) FROM channels_delivery d
JOIN crm_message m ON m.id = d.message_id JOIN crm_conversation c ON c.id = m.conversation_id
GROUP BY 1, 2 ORDER BY 1, 2
"""
_FAILED_JOBS = """
SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1
"""
_BY_MODEL = """
SELECT model, count(*) FROM agent_agentrun WHERE decision = 'send' AND state = 'done' GROUP BY 1
"""
_ANSWERS = "SELECT created_at FROM crm_message WHERE author = 'agent' ORDER BY 1"


def list_rows(evidence: Evidence, desk: Desk, *, out_of_order: int) -> list[Row]:
    return [
        *_what_was_written(evidence),
        *_what_became_of_it(evidence),
        *_what_left(desk, out_of_order=out_of_order),
        *_what_people_did(evidence),
        *_what_went_wrong(evidence, desk),
        *_how_soon_it_passed(evidence),
        *(
            Row(f"deployment: answered {said}", n)
            for said, n in evidence.deployment.answers.items()
        ),
        Row("deployment", evidence.deployment.seconds, "s"),
        Row("looks at the running desk", evidence.watch.looks),
        Row("transactions seen idle for over 4 s", len(evidence.watch.long_transactions)),
        Row("load while customers wrote, median", median(evidence.loads or [0])),
        Row("until all was settled", evidence.seconds, "s"),
    ]


def _what_was_written(evidence: Evidence) -> list[Row]:
    books = evidence.books
    taken = Counter(line.channel for line in evidence.lines if line.marker in books.accepted)
    return [
        Row("sent by customers", len(evidence.lines)),
        Row("sent once more", books.repeated),
        Row("sent out of their order", books.reordered),
        *(Row(f"tried again by customers: {why}", n) for why, n in sorted(books.retried.items())),
        Row("refused to customers", len(books.refused)),
        *(Row(f"accepted: {channel}", n) for channel, n in sorted(taken.items())),
        Row("accepted: form, during the deployment", len(evidence.deployment.accepted)),
    ]


def _what_became_of_it(evidence: Evidence) -> list[Row]:
    fates = find_fates()
    recorded = Counter(marker for marker, _fate in fates)
    by_fate = Counter(fate for _marker, fate in fates)
    whole = evidence.accepted <= recorded.keys()
    once = whole and set(recorded.values()) <= {1}
    return [
        Row("accepted", len(evidence.accepted), aim="all recorded", ok=whole),
        Row("recorded", len(recorded), aim="each once", ok=once),
        *(Row(f"recorded: {fate}", by_fate[fate]) for fate in FATES),
        Row("recorded: nothing of these", by_fate[""], aim="none", ok=not by_fate[""]),
        *(Row(f"answers prepared by {model}", n) for model, n in ask(_BY_MODEL)),
    ]


def _what_left(desk: Desk, *, out_of_order: int) -> list[Row]:
    times = Counter(count_sends(desk).values())
    stuck = count(STUCK_JOBS)
    return [
        *(Row(f"delivery: {channel} {state}", n) for channel, state, n in ask(_DELIVERIES)),
        *(
            Row(f"outbound ids that a provider took {n} times", of, aim="1 time", ok=n == 1)
            for n, of in sorted(times.items())
        ),
        Row("order violations", out_of_order, aim="none", ok=not out_of_order),
        Row("stuck jobs", stuck, aim="none", ok=not stuck),
        *(Row(f"job failed for good: {name}", n) for name, n in ask(_FAILED_JOBS)),
    ]


def _what_people_did(evidence: Evidence) -> list[Row]:
    staff = evidence.staff
    kept_back = sum(len(takeover.tokens) for takeover in staff.takeovers)
    return [
        Row("conversations that a person took over", len(staff.takeovers)),
        Row("answers kept back by it at the last moment", kept_back),
        Row("answers dropped while they were prepared", count(DROPPED)),
        Row("replies by staff", staff.replies),
        Row("conversations handed back", staff.handed_back),
    ]


def _what_went_wrong(evidence: Evidence, desk: Desk) -> list[Row]:
    return [
        *(Row(kind, n, "times") for kind, n in sorted(evidence.record.count().items())),
        *_faults("Gmail", desk.gmail.faults.happened),
        *_faults("Twilio", desk.whatsapp.provider.faults.happened),
        *_faults("the model", desk.model.faults.happened),
        Row("calls of the model", len(desk.model.requests)),
    ]


def _how_soon_it_passed(evidence: Evidence) -> list[Row]:
    """From what was killed, or came back, to the next answer that the agent recorded."""
    answers = [at for (at,) in ask(_ANSWERS)]
    moments = {
        "worker killed": evidence.record.moments_of("worker killed"),
        "web killed": evidence.record.moments_of("web killed"),
        "database killed": evidence.record.moments_of("database killed"),
        "database back": evidence.watch.returns,
    }
    rows = []
    for what, happened in moments.items():
        waits = sorted(
            (_next(answers, at) - at).total_seconds()
            for at in happened
            if answers and at < answers[-1]
        )
        if waits:
            rows += [
                Row(f"{what} to the next answer, median", median(waits), "s"),
                Row(f"{what} to the next answer, longest", waits[-1], "s"),
            ]
    return rows


def _how_it_was_deployed(evidence: Evidence) -> list[Row]:
    deployment = evidence.deployment
    return [
        *(
            Row(f"deployment under load: answered {said}", n, aim="201", ok=said == "201")
            for said, n in sorted(deployment.answers.items())
        ),
        Row("deployment under load: every process replaced in", deployment.seconds, "s"),
    ]


def _next(moments: list[datetime], after: datetime) -> datetime:
    return next(moment for moment in moments if moment > after)


def _faults(provider: str, happened: Counter[str]) -> list[Row]:
    return [Row(f"fault of {provider}: {fault}", n) for fault, n in sorted(happened.items())]
