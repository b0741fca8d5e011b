"""`python -m benchmarks.three_channels [--messages 2000] [--seed 1] [--faults 0.03]`."""

import argparse
import atexit
import os
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import yaml

from benchmarks.three_channels.desk import ROOT, TIMEOUT_SECONDS, Desk

DUPLICATES, REORDERED = 0.2, 0.1
API_FAULTS = (
    "timeout_before",
    "timeout_after",
    "unavailable_before",
    "unavailable_after",
    "reset_before",
    "reset_after",
    "close_before",
    "close_after",
    "garbled_after",
)
GMAIL_OPERATIONS = (
    "history",
    "get",
    "create_draft",
    "send_draft",
    "drafts",
    "get_draft",
    "thread",
)


def main() -> int:
    arguments = _arguments()
    data = Path(arguments.data).absolute() / str(os.getpid())
    # Registered first, so it runs last: the database stops before.
    remove = atexit.register(shutil.rmtree, data, ignore_errors=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with Desk(data, seed=arguments.seed, workers=arguments.workers) as desk:
        _say("preparing database and knowledge")
        desk.prepare()
        import django  # after the desk set the environment that the settings read

        django.setup()
        from benchmarks.three_channels.customers import Customers, write_script
        from benchmarks.three_channels.settling import is_settled
        from benchmarks.three_channels.verdict import judge

        desk.start()
        _misbehave(desk, arguments.faults)
        texts = [
            message["message"]
            for message in yaml.safe_load((ROOT / "sample_company/messages.yaml").read_text())
            if len(message["message"]) < 600
        ]
        lines = write_script(texts, count=arguments.messages, seed=arguments.seed)
        customers = Customers(desk, seed=arguments.seed, duplicates=DUPLICATES, reordered=REORDERED)
        started = time.monotonic()
        _say(f"{len(lines)} messages, load {os.getloadavg()[0]:.1f}")
        customers.write(lines, threads=arguments.threads, pause=arguments.pause)
        written_by = datetime.now(UTC)
        _say(f"written in {time.monotonic() - started:.0f} s, waiting until all is settled")
        deadline = time.monotonic() + arguments.patience
        while not (settled := is_settled(desk, written_by=written_by)):
            if time.monotonic() > deadline:
                break
            time.sleep(2)
        seconds = time.monotonic() - started
        verdict = judge(lines, customers.books, desk)
    for name, value in verdict.table:
        print(f"{name:44} {value:>8}")
    print(f"{'seed':44} {arguments.seed:>8}")
    print(f"{'rate of each fault':44} {arguments.faults:>8}")
    print(f"{'seconds until settled':44} {seconds:>8.0f}   load {os.getloadavg()[0]:.1f}")
    faults = [*verdict.faults, *([] if settled else ["not settled in time"])]
    print("\n".join(["FAULTS", *faults]) if faults else "Every promise held.")
    if faults:
        atexit.unregister(remove)
        _say(f"database and logs are kept in {data}")
    return 1 if faults else 0


def _misbehave(desk: Desk, rate: float) -> None:
    """Every fault of the doubles at the rate, besides what customers write twice or in disorder."""
    if not rate:
        return
    from channels.gmail.double import Fault

    desk.gmail.hang_seconds = desk.whatsapp.provider.conduct.hold_seconds = TIMEOUT_SECONDS + 2.0
    desk.gmail.retry_after = str(desk.whatsapp.provider.conduct.retry_after)
    for operation in GMAIL_OPERATIONS:
        for fault in API_FAULTS:
            desk.gmail.faults.chance(operation, Fault(fault), rate)
        desk.gmail.faults.chance(operation, Fault.RATE_LIMITED, rate)
    for name in (Fault.DUPLICATE, Fault.REORDER, Fault.DROP):
        desk.gmail.faults.chance("push", name, rate)
    faults = desk.whatsapp.provider.faults
    for lane in ("send", "read"):
        faults.set_rates(lane, {**dict.fromkeys(API_FAULTS, rate), "rate_limit": rate})
    for lane in ("inbound", "callback"):
        faults.set_rates(lane, dict.fromkeys(("duplicate", "reorder", "drop"), rate))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.three_channels")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.03, help="probability of each fault")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=12)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two messages")
    parser.add_argument("--patience", type=float, default=1500, help="seconds to wait for quiet")
    parser.add_argument("--data", default=str(ROOT / ".data/three_channels"))
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
