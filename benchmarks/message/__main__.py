"""`python -m benchmarks.message [--full]`: at 1,000 and 100,000 messages stored, or a million too.

CPU is what this process and PostgreSQL's took between the first job's start and the last one's end,
so that it says the same on a busy machine, nearly. Exit code 1 if an aim is missed, a message got
no reply, or a statement failed when run bare or read a growing table whole.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.model import run_double
from benchmarks.report import Row, print_table, write_json
from benchmarks.scratch import ROOT, Scratch

_MILLISECONDS = 25.0
_FLAT = 1.25  # CPU at most messages stored against that at fewest
_STORED = (1_000, 100_000)
_FULL = (*_STORED, 1_000_000)


def main() -> int:
    arguments = _arguments()
    with (
        run_double(latency=0) as double,
        Scratch(Path(arguments.data), settings={"LLM_JUDGE": "0", **double}) as desk,
    ):
        import django  # after the environment that the settings read

        django.setup()
        desk.manage("load_sample")
        rows = _measure(_FULL if arguments.full else _STORED, arguments.messages)
    title = "One message, from accepted to reply queued"
    print_table(title, rows)
    write_json(ROOT / ".data/bench/message.json", title, rows)
    return 0 if all(row.ok is not False for row in rows) else 1


def _measure(sizes: tuple[int, ...], messages: int) -> list[Row]:
    from benchmarks.filling import fill
    from benchmarks.message import bare, path
    from benchmarks.plans import find_scans

    path.prepare()
    rows: list[Row] = []
    totals: list[float] = []
    tickets = 0
    for stored in sizes:
        fill(tickets, stored // 2)  # a question and its answer each
        tickets = stored // 2
        spent = path.measure(messages)
        totals.append(spent.total)
        reached = spent.total < _MILLISECONDS
        rows += [
            Row(f"{stored:,} messages stored: CPU", spent.total, "ms",
                f"below {_MILLISECONDS:.0f}", reached),
            Row("  of it the worker's", spent.worker, "ms"),
            Row("  of it PostgreSQL's", spent.postgres, "ms"),
            Row("  before it, accepting", spent.accepting, "ms"),
            Row("  messages without a reply", spent.unanswered, "", "0", not spent.unanswered),
        ]  # fmt: skip
        recorded = bare.record()
        sums = bare.replay(recorded)
        scans = find_scans(recorded.statements, at_least=max(1000, tickets // 10))
        for scan in scans:
            print(f"reads all of {scan.table}: {scan.sql[:1200]}", file=sys.stderr)
        rows += [
            Row("  round trips to PostgreSQL", recorded.round_trips),
            Row("  statements", recorded.count),
            Row("  the same statements bare: CPU", sums.cpu, "ms"),
            Row("  CPU against them", spent.total / sums.cpu),
            Row("  of them failed when run bare", sums.failed, "", "0", not sums.failed),
            Row("  of them read a growing table whole", len(scans), "", "0", not scans),
        ]
    flat = totals[-1] / totals[0]
    rows.append(Row("CPU at most stored against fewest", flat, "", f"below {_FLAT}", flat < _FLAT))
    return rows


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.message")
    parser.add_argument("--full", action="store_true", help="at a million messages stored too")
    parser.add_argument("--messages", type=int, default=300, help="that are measured at each size")
    parser.add_argument("--data", default=str(ROOT / ".data/bench/message"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
