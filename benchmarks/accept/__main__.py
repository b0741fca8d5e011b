"""`python -m benchmarks.accept [--seconds 8] [--rounds 3]`."""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.accept.subject import Subject
from benchmarks.processor import Clock, Stopwatch, own_children, tree
from benchmarks.report import Row, print_table, write_json
from benchmarks.scratch import ROOT, Scratch, free_port, stop

_TOKEN = "benchmark-token"
_SETTINGS = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": _TOKEN,
    "TWILIO_WHATSAPP_FROM": "whatsapp:+14155238886",
    "WEB_THREADS": "8",
}
_CLIENTS = 16
# Webhooks that share a commit while so many clients are answered by two web processes.
_TOGETHER = 7
_PER_SECOND = 1000
_OFFER_SECONDS = 20


def main() -> int:
    arguments = _arguments()
    missing = [name for name in ("wrk", "redis-server") if not shutil.which(name)]
    if missing:
        print(f"Install {' and '.join(missing)} first (apt-get install wrk redis-server).")
        return 2
    folder = Path(arguments.data).absolute()
    with Scratch(folder, settings=_SETTINGS) as desk:
        import django  # after the environment that the settings read

        django.setup()
        rows = _measure(desk, seconds=arguments.seconds, rounds=arguments.rounds)
    print_table("Accepting over HTTP", rows)
    write_json(ROOT / ".data/bench/accept.json", "Accepting over HTTP", rows)
    return 0 if all(row.ok is not False for row in rows) else 1


def _measure(desk: Scratch, *, seconds: int, rounds: int) -> list[Row]:
    from django.db import connection

    from benchmarks.accept import pgbench
    from benchmarks.accept.offered import offer
    from benchmarks.accept.requests import write_forms, write_webhooks
    from benchmarks.accept.transaction import statement

    web = tree(desk.start("web").pid)
    desk.await_web()
    webhooks, forms = desk.folder / "webhooks.tsv", desk.folder / "forms.tsv"
    socket = Path(connection.get_connection_params()["host"])
    postgres = {"PostgreSQL": tree(_postmaster())}
    limit, ours = Subject("pgbench, one event a commit"), Subject("webhook")
    grouped = Subject(f"pgbench, {_TOGETHER} events a commit")
    theirs, asked = Subject("stand-in: FastAPI, asyncpg, Redis"), Subject("form")

    def drive(subject: Subject, port: int, file: Path, **servers: Clock) -> None:
        watch = Stopwatch({**postgres, **servers, "load": own_children})
        result = _wrk(port, file, seconds=seconds)
        subject.note(result["requests"], seconds=result["seconds"], watch=watch)
        subject.errors += int(result["errors"])

    with _standin(desk) as (standin_port, standin, redis):
        for number in range(rounds):
            _say(f"round {number + 1} of {rounds}")
            write_webhooks(webhooks, url=desk.url, token=_TOKEN, count=4000 * seconds)
            write_forms(forms, count=600 * seconds)
            for subject, events in ((limit, 1), (grouped, _TOGETHER)):
                watch = Stopwatch({**postgres, "load": own_children})
                sql = statement(events)
                rate = pgbench.measure(
                    sql, socket=socket, folder=desk.folder, clients=_CLIENTS, seconds=seconds
                )
                subject.note(rate * events * seconds, seconds=seconds, watch=watch)
            drive(ours, desk.port, webhooks, web=web)
            drive(theirs, standin_port, webhooks, web=standin, Redis=redis)
            drive(asked, desk.port, forms, web=web)
        write_webhooks(webhooks, url=desk.url, token=_TOKEN, count=_PER_SECOND * _OFFER_SECONDS)
        offered = offer(desk.port, webhooks, per_second=_PER_SECOND, seconds=_OFFER_SECONDS)
    p99 = offered.percentile(0.99) * 1000
    refused = offered.errors + sum(each.errors for each in (ours, theirs, asked))
    return [
        *limit.rows(),
        *grouped.rows(),
        *ours.rows(),
        *ours.against(limit, aim=0.8),
        *theirs.rows(),
        *ours.against(theirs, aim=1),
        *asked.rows(),
        Row("answers that are no success", refused, "", "0", refused == 0),
        Row(f"offered {_PER_SECOND} webhooks/s: taken", offered.rate, "1/s"),
        Row("  p50", offered.percentile(0.5) * 1000, "ms"),
        Row("  p99", p99, "ms", "below 500", p99 < 500),
    ]


def _postmaster() -> int:
    from django.db import connection

    connection.ensure_connection()
    parent = psutil.Process(connection.connection.info.backend_pid).parent()
    if parent is None:
        raise RuntimeError("The database's main process is not to be seen.")
    return int(parent.pid)


def _wrk(port: int, file: Path, *, seconds: int) -> dict[str, float]:
    """wrk's own figures. The stand-in runs elsewhere but is told the desk's address."""
    run = subprocess.run(
        [
            "wrk", "--threads=1", f"--connections={_CLIENTS}", f"--duration={seconds}s",
            "--timeout=10s", f"--script={Path(__file__).with_name('wrk.lua')}",
            f"http://127.0.0.1:{port}/", "--", str(file), "1",
        ],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    line = next(each for each in run.stdout.splitlines() if each.startswith("RESULT "))
    found: dict[str, float] = json.loads(line.removeprefix("RESULT "))
    return found


@contextmanager
def _standin(desk: Scratch) -> Iterator[tuple[int, Clock, Clock]]:
    """The stand-in with its own table on the same server, and a Redis of its own: its port, and
    the clocks of both."""
    from django.db import connection

    from benchmarks.accept import standin_table

    with connection.cursor() as cursor:
        cursor.execute(standin_table.TABLE)
    parameters = connection.get_connection_params()
    port, redis_port = free_port(), free_port()
    redis = subprocess.Popen(
        ["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "",
         "--appendonly", "yes", "--appendfsync", "always", "--dir", str(desk.folder)],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    web = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "benchmarks.accept.standin:app", "--workers", "2",
         "--port", str(port), "--log-level", "warning", "--no-access-log"],
        cwd=ROOT,
        env={
            **desk.environment(),
            "STANDIN_DATABASE": f"postgresql://{parameters['user']}@/{parameters['dbname']}"
            f"?host={parameters['host']}&port={parameters['port']}",
            "STANDIN_REDIS_PORT": str(redis_port),
            "STANDIN_URL": desk.url,
        },
    )  # fmt: skip
    try:
        time.sleep(3)
        yield port, tree(web.pid), tree(redis.pid)
    finally:
        stop(web)
        stop(redis)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accept")
    parser.add_argument("--seconds", type=int, default=8, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="the median of which counts")
    parser.add_argument("--data", default=str(ROOT / ".data/bench/accept"))
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
