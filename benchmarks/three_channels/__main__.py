"""`python -m benchmarks.three_channels [--messages 2000] [--seed 1] [--faults 0.03]`."""

import argparse
import atexit
import os
import shutil
import sys
import time
from pathlib import Path

import yaml

from benchmarks.three_channels.desk import ROOT, Desk

SEND_FAULTS = (
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
        from benchmarks.three_channels.verdict import is_quiet, judge

        desk.start()
        _misbehave(desk, arguments.faults)
        texts = [
            message["message"]
            for message in yaml.safe_load((ROOT / "sample_company/messages.yaml").read_text())
            if len(message["message"]) < 600
        ]
        lines = write_script(texts, count=arguments.messages, seed=arguments.seed)
        customers = Customers(desk, seed=arguments.seed, duplicates=0.2, reordered=0.1)
        started = time.monotonic()
        _say(f"{len(lines)} messages")
        customers.write(lines, threads=arguments.threads, pause=arguments.pause)
        _say(f"written in {time.monotonic() - started:.0f} s, waiting for quiet")
        deadline = time.monotonic() + arguments.patience
        while time.monotonic() < deadline and not is_quiet():
            time.sleep(2)
        _say(f"quiet after {time.monotonic() - started:.0f} s")
        verdict = judge(lines, customers.books, desk)
        for name, value in verdict.table:
            print(f"{name:32} {value:>8}")
        print(f"{'seed':32} {arguments.seed:>8}   load {os.getloadavg()[0]:.1f}")
        print("\n".join(["FAULTS", *verdict.faults]) if verdict.faults else "Every promise held.")
    if verdict.faults:
        atexit.unregister(remove)
        _say(f"database and logs are kept in {data}")
    return 1 if verdict.faults else 0


def _misbehave(desk: Desk, rate: float) -> None:
    """Every fault of the doubles at the rate; hangs are short, for the run is to end."""
    if not rate:
        return
    from channels.gmail.double import Fault

    desk.gmail.hang_seconds = desk.whatsapp.provider.conduct.hold_seconds = 35.0
    for operation in ("create_draft", "send_draft", "get", "history"):
        for fault in SEND_FAULTS:
            desk.gmail.faults.chance(
                operation, Fault(fault), rate / 3 if "timeout" in fault else rate
            )
        desk.gmail.faults.chance(operation, Fault.RATE_LIMITED, rate)
    for name in (Fault.DUPLICATE, Fault.REORDER, Fault.DROP):
        desk.gmail.faults.chance("push", name, rate)
    faults = desk.whatsapp.provider.faults
    rates = {fault: rate / 3 if "timeout" in fault else rate for fault in SEND_FAULTS}
    faults.set_rates("send", {**rates, "rate_limit": rate})
    faults.set_rates("inbound", {"duplicate": 0.2, "reorder": 0.1, "drop": rate})
    faults.set_rates("callback", {"duplicate": 0.2, "reorder": 0.1, "drop": rate})


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
