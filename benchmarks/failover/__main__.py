"""`python -m benchmarks.failover [--seconds 10]`: webhooks are accepted until the primary dies.

The web process is not told by anybody: as with a managed database, the same address leads to the
new primary, here by starting the processes with the standby's.
"""

import argparse
import shutil
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs

import requests

from benchmarks.failover.pair import Pair
from benchmarks.report import Row, print_table, write_json
from benchmarks.scratch import ROOT, Scratch, stop

_TOKEN = "benchmark-token"
_SETTINGS = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": _TOKEN,
    "TWILIO_WHATSAPP_FROM": "whatsapp:+14155238886",
    "SECRET_KEY": "only-for-this-benchmark-and-thrown-away-afterwards-0123456789",
}
_CLIENTS = 8


def main() -> int:
    arguments = _arguments()
    folder = Path(arguments.data).absolute()
    shutil.rmtree(folder, ignore_errors=True)
    pair = Pair(folder / "pair", "allhours")
    try:
        pair.start()
        settings = {**_SETTINGS, "DATABASE_URL": pair.url(pair.primary)}
        with Scratch(folder / "desk", settings=settings) as desk:
            import django  # after the environment that the settings read

            django.setup()
            rows = _measure(desk, pair, arguments.seconds)
    finally:
        pair.stop()
    print_table("The primary database is killed", rows)
    write_json(ROOT / ".data/bench/failover.json", "The primary database is killed", rows)
    return 0 if all(row.ok is not False for row in rows) else 1


def _measure(desk: Scratch, pair: Pair, seconds: float) -> list[Row]:
    web = desk.start("web")
    desk.await_web()
    sender = _Sender(desk)
    sender.start()
    time.sleep(seconds)
    killed = time.monotonic()
    pair.kill_primary()
    time.sleep(1)
    before = len(sender.accepted)
    refused_properly = sender.refused[503]
    pair.promote()
    promoted = time.monotonic()
    stop(web)
    desk.start("web", DATABASE_URL=pair.url(pair.standby))
    desk.await_web()
    back = time.monotonic()
    time.sleep(2)
    sender.stop()
    with pair.connect(pair.standby, "allhours", "allhours") as database:
        kept = {
            external_id.removeprefix("whatsapp:")
            for (external_id,) in database.execute("SELECT external_id FROM channels_inboundevent")
        }
        (jobs,) = database.execute(
            "SELECT count(DISTINCT args->>'event_id') FROM procrastinate_jobs"
            " WHERE task_name = 'channels.process_event'"
        ).fetchone() or (0,)
    lost = set(sender.accepted) - kept
    return [
        Row("accepted before the kill", before),
        Row("accepted after the promotion", len(sender.accepted) - before),
        Row("answered 503 while the primary was away", refused_properly),
        Row("accepted and lost", len(lost), "", "0", not lost),
        Row("events without their job", len(kept) - jobs, "", "0", len(kept) == jobs),
        Row("kill to promoted, 1 s of it on purpose", promoted - killed, "s"),
        Row("kill to ready again", back - killed, "s"),
    ]


class _Sender:
    """Clients that send one webhook after the other and note which were accepted."""

    def __init__(self, desk: Scratch) -> None:
        from benchmarks.accept.requests import write_webhooks

        file = desk.folder / "webhooks.tsv"
        write_webhooks(file, url=desk.url, token=_TOKEN, count=40_000)
        self._url = desk.url
        self._lines = iter(file.read_text(encoding="utf-8").splitlines())
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.accepted: list[str] = []
        self.refused = {503: 0}
        self._threads = [threading.Thread(target=self._send) for _ in range(_CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        with requests.Session() as session:
            while not self._ended.is_set():
                with self._lock:
                    line = next(self._lines, None)
                if line is None:
                    return
                path, header, kind, body = line.split("\t", 3)
                name, _, value = header.partition(": ")
                try:
                    answer = session.post(
                        self._url + path, data=body, timeout=30,
                        headers={name: value, "Content-Type": kind},
                    )  # fmt: skip
                except requests.RequestException:
                    time.sleep(0.1)
                    continue
                with self._lock:
                    if answer.ok:
                        self.accepted.append(parse_qs(body)["MessageSid"][0])
                    else:
                        self.refused[answer.status_code] = (
                            self.refused.get(answer.status_code, 0) + 1
                        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.failover")
    parser.add_argument("--seconds", type=float, default=10, help="before the primary is killed")
    parser.add_argument("--data", default=str(ROOT / ".data/bench/failover"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
