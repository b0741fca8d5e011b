"""`python -m benchmarks.accept [--seconds 8] [--rounds 3]`."""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
_PER_SECOND = 1000


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
    from benchmarks.accept.transaction import pgbench_statement

    desk.start("web")
    desk.await_web()
    webhooks, forms = desk.folder / "webhooks.tsv", desk.folder / "forms.tsv"
    socket = Path(connection.get_connection_params()["host"])
    limit: list[float] = []
    ours: list[float] = []
    theirs: list[float] = []
    asked: list[float] = []
    errors = 0
    with _standin(desk) as standin_port:
        for number in range(rounds):
            _say(f"round {number + 1} of {rounds}")
            write_webhooks(webhooks, url=desk.url, token=_TOKEN, count=4000 * seconds)
            write_forms(forms, count=600 * seconds)
            limit.append(
                pgbench.measure(
                    pgbench_statement(), socket=socket, folder=desk.folder,
                    clients=_CLIENTS, seconds=seconds,
                )
            )  # fmt: skip
            for port, file, rates in (
                (desk.port, webhooks, ours),
                (desk.port, forms, asked),
                (standin_port, webhooks, theirs),
            ):
                result = _wrk(port, file, seconds=seconds)
                rates.append(result["requests"] / result["seconds"])
                errors += int(result["errors"])
        write_webhooks(webhooks, url=desk.url, token=_TOKEN, count=_PER_SECOND * 20)
        offered = offer(desk.port, webhooks, per_second=_PER_SECOND, seconds=20)
    rate, bound = statistics.median(ours), statistics.median(limit)
    standin = statistics.median(theirs)
    p99 = offered.percentile(0.99) * 1000
    refused = errors + offered.errors
    return [
        Row("pgbench, the same statement", bound, "1/s"),
        Row("webhook", rate, "1/s"),
        Row("webhook against pgbench", rate / bound, "", "at least 0.8", rate >= 0.8 * bound),
        Row("stand-in: FastAPI, asyncpg, Redis", standin, "1/s"),
        Row("webhook against the stand-in", rate / standin, "", "above 1", rate > standin),
        Row("form", statistics.median(asked), "1/s"),
        Row("answers that are no success", refused, "", "0", refused == 0),
        Row(f"offered {_PER_SECOND} webhooks/s: taken", offered.rate, "1/s"),
        Row("  p50", offered.percentile(0.5) * 1000, "ms"),
        Row("  p99", p99, "ms", "below 500", p99 < 500),
    ]  # fmt: skip


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
def _standin(desk: Scratch) -> Iterator[int]:
    """The stand-in with its own table on the same server, and a Redis of its own."""
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
        yield port
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
