"""`python -m benchmarks.storm.outage [--seconds 45]`: the database is away, and comes back.

A desk on a server of its own, named by DATABASE_URL as in production, one web and one worker
process, brought back when they end. The server is stopped; callers go on submitting the form, and
none of them retries. Then it is started, and nobody touches anything else. It exits 0 only if all
that was refused was told when to come again, and the desk works again by itself.
"""

import argparse
import os
import secrets
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psycopg

from benchmarks import report
from benchmarks.report import Row
from benchmarks.scratch import ROOT, Scratch
from benchmarks.storm.form import post_form
from config.embedded.cluster import DATABASE, PORT, ROLE
from config.embedded.server import get_server
from config.supervision import Child, Supervisor

_CALLERS = 6
_LONGEST_ANSWER = 5.0  # seconds in which also the slowest refusal is told
_BACK_SECONDS = 60.0


class Callers:
    """Submit the form side by side; `answers` holds (status, seconds, told when to come again)."""

    def __init__(self, url: str) -> None:
        self.answers: list[tuple[int, float, bool]] = []
        self._url = url
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(n,)) for n in range(_CALLERS)]

    def call_while(self, work: Callable[[], None]) -> None:
        for thread in self._threads:
            thread.start()
        work()
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _call(self, number: int) -> None:
        turn = 0
        while not self._ending.wait(0.2):
            turn += 1
            began = time.monotonic()
            key = f"outage-{number}-{turn}"
            answer = post_form(self._url, customer=key, text="How do I export a board?", key=key)
            told = bool(answer.headers.get("Retry-After"))
            self.answers.append((answer.status_code, time.monotonic() - began, told))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storm.outage")
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--data", default=str(ROOT / ".data/outage"))
    given = parser.parse_args()
    data = Path(given.data).absolute() / str(os.getpid())
    server = get_server(data / "postgres")
    folder = server.ensure_running()
    try:
        url = f"postgresql://{ROLE}@/{folder}/{DATABASE}"  # by its socket
        settings = {
            "DATABASE_URL": url,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "WEB_CONCURRENCY": "1",
        }
        with Scratch(data / "desk", settings=settings) as desk:
            rows = _measure(desk, folder, server.postmaster.stop, server.postmaster.start, given)
    finally:
        server.leave()
        shutil.rmtree(data, ignore_errors=True)
    report.print_table(f"The database away for {given.seconds:.0f} s", rows)
    return 0 if all(row.ok is not False for row in rows) else 1


def _measure(
    desk: Scratch,
    folder: Path,
    stop: Callable[[], None],
    start: Callable[[], object],
    given: argparse.Namespace,
) -> list[Row]:
    supervisor = Supervisor(
        [
            Child(name, ["deploy/run", name], desk.environment(), ROOT, desk.folder / f"{name}.log")
            for name in ("web", "worker")
        ],
        announce=lambda sentence: print(sentence, file=sys.stderr),
    )
    ending = threading.Event()

    def tend() -> None:
        while not ending.wait(0.1):
            supervisor.tend()

    supervisor.start()
    tending = threading.Thread(target=tend)
    tending.start()
    try:
        desk.await_web()
        _await_answer(desk, folder)
        stop()
        away = Callers(desk.url)
        away.call_while(lambda: time.sleep(given.seconds))
        start()
        returned = time.monotonic()
        accepting = _await_answer(desk, folder)
        answering = time.monotonic() - returned
    finally:
        ending.set()
        tending.join()
        supervisor.stop(grace=30)
    waits = sorted(seconds for _status, seconds, _told in away.answers)
    told = all(status == 503 and told for status, _seconds, told in away.answers)
    return [
        Row("calls while it was away", len(away.answers)),
        Row("all answered 503 with Retry-After", float(told), aim="1", ok=told),
        Row("time of an answer, median", median(waits), "s"),
        Row("time of an answer, longest", waits[-1], "s", "below 5", waits[-1] < _LONGEST_ANSWER),
        Row("back to the first message accepted", accepting, "s"),
        Row("back to the next answer", answering, "s", "below 60", answering < _BACK_SECONDS),
    ]


def _await_answer(desk: Scratch, folder: Path) -> float:
    """Writes until it is accepted, and waits until the agent has dealt with one message more.
    Returns the seconds until it was accepted."""
    began = time.monotonic()
    before, key = _count_answers(folder), str(uuid.uuid4())
    while post_form(desk.url, customer="x", text="How do I pay?", key=key).status_code != 201:
        time.sleep(0.1)
    accepted = time.monotonic() - began
    while _count_answers(folder) <= before and time.monotonic() - began < _BACK_SECONDS:
        time.sleep(0.1)
    return accepted


def _count_answers(folder: Path) -> int:
    with psycopg.connect(host=str(folder), port=PORT, user=ROLE, dbname=DATABASE) as connection:
        row = connection.execute("SELECT count(*) FROM agent_agentrun WHERE state = 'done'")
        return int((row.fetchone() or [0])[0])


if __name__ == "__main__":
    sys.exit(main())
