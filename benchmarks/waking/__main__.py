"""`python -m benchmarks.waking [--jobs 200]`."""

import argparse
import sys
import time
from pathlib import Path

from benchmarks.report import Row, print_table, write_json
from benchmarks.scratch import ROOT, Scratch

_MILLISECONDS = 100.0
_PAUSE = 0.3  # the worker is idle again before the next

# PostgreSQL's own clock on both sides: the moment at which the job was written, just before its
# commit, and the moment at which a worker marked it as running.
_WAKING = """
    SELECT 1000 * extract(epoch FROM started.at - deferred.at)
    FROM procrastinate_events deferred
    JOIN procrastinate_events started ON started.job_id = deferred.job_id
        AND started.type = 'started'
    JOIN procrastinate_jobs job ON job.id = deferred.job_id
    WHERE deferred.type = 'deferred' AND job.task_name = 'channels.process_event'
    ORDER BY 1
"""


def main() -> int:
    arguments = _arguments()
    with Scratch(Path(arguments.data)) as desk:
        import django  # after the environment that the settings read

        django.setup()
        rows = _measure(desk, arguments.jobs)
    print_table("Waking an idle worker", rows)
    write_json(ROOT / ".data/bench/waking.json", "Waking an idle worker", rows)
    return 0 if all(row.ok is not False for row in rows) else 1


def _measure(desk: Scratch, jobs: int) -> list[Row]:
    from django.db import connection
    from django.utils import timezone

    from channels.intake import accept_event

    desk.start("worker")

    def accept(number: int) -> None:
        # Neither readable nor retried: the job ends at once.
        accept_event(
            channel="whatsapp", external_id=f"waking:{number}", payload={"parameters": []},
            sender=str(number), now=timezone.now(),
        )  # fmt: skip

    def measured() -> list[float]:
        with connection.cursor() as cursor:
            cursor.execute(_WAKING)
            return [float(milliseconds) for (milliseconds,) in cursor.fetchall()]

    accept(0)
    deadline = time.monotonic() + 60
    while not measured():
        if time.monotonic() > deadline:
            raise RuntimeError("The worker did not start: look into its log.")
        time.sleep(0.2)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_events WHERE type IN ('deferred', 'started')")
    notices = sorted(_notify() for _each in range(jobs))
    for number in range(1, jobs + 1):
        accept(number)
        time.sleep(_PAUSE)
    while len(measured()) < jobs and time.monotonic() < deadline + 120:
        time.sleep(0.2)
    found = measured()
    p99, bound = _percentile(found, 0.99), _percentile(notices, 0.99)
    return [
        Row("NOTIFY to its LISTEN, p50", _percentile(notices, 0.5), "ms"),
        Row("NOTIFY to its LISTEN, p99", bound, "ms"),
        Row("webhook's job written to job started, p50", _percentile(found, 0.5), "ms"),
        Row(
            "webhook's job written to job started, p99", p99, "ms",
            f"below {_MILLISECONDS:.0f}", p99 < _MILLISECONDS,
        ),
        Row("p50 against NOTIFY", _percentile(found, 0.5) / _percentile(notices, 0.5)),
        Row("jobs that never started", jobs - len(found), "", "0", len(found) == jobs),
    ]  # fmt: skip


def _notify() -> float:
    """Milliseconds from one connection's NOTIFY to the other's receipt."""
    import psycopg
    from django.db import connection

    parameters = connection.get_connection_params()
    where = {name: parameters[name] for name in ("host", "port", "user", "dbname")}
    with (
        psycopg.connect(**where, autocommit=True) as listener,
        psycopg.connect(**where, autocommit=True) as speaker,
    ):
        listener.execute("LISTEN waking")
        started = time.perf_counter()
        speaker.execute("NOTIFY waking")
        next(listener.notifies(timeout=5, stop_after=1))
        return (time.perf_counter() - started) * 1000


def _percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waking")
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--data", default=str(ROOT / ".data/bench/waking"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
