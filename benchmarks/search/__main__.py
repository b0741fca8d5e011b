"""`python -m benchmarks.search [--data DIR] [--full] [--json FILE]`: the speed of the search.

At 10,000 and 100,000 passages on a scratch database of its own, with --full at 1,000,000 too.
Exits 1 if at 100,000 the recall is below 0.98 or the p99 above 30 ms.
"""

import argparse
import atexit
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHORT, FULL = (10_000, 100_000), (10_000, 100_000, 1_000_000)
LEAST_RECALL, MOST_MILLISECONDS = 0.98, 30.0


def main() -> int:
    arguments = _arguments()
    scratch = Path(arguments.scratch).absolute() / str(os.getpid())
    # Registered first, so it runs last: the database stops before.
    remove = atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    if arguments.keep:
        atexit.unregister(remove)
    scratch.mkdir(parents=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ENV_FILE": "none",
        "DATA_DIR": str(scratch),
        "DATABASE_URL": "",
        "DATABASE_DURABLE": "0",  # nothing that is measured writes
        "EMBEDDING_MODEL": "local",
        "EMBEDDING_MODEL_PATH": "",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True
    )
    import django  # after the environment that the settings read

    django.setup()
    from benchmarks.retrieval.questions import list_question_sets
    from benchmarks.search.corpus import grow, read_sentences
    from benchmarks.search.measurement import measure_speed

    data = Path(arguments.data) if arguments.data else None
    queries = [each.text for one in list_question_sets(data) for each in one.questions][:500]
    sentences = read_sentences(data)
    _say(
        f"{sum(map(len, sentences.texts))} sentences of {len(sentences.texts)} articles, "
        f"{len(queries)} queries, load {os.getloadavg()[0]:.1f}"
    )
    rows = []
    for size in arguments.passages or (FULL if arguments.full else SHORT):
        growth = grow(sentences, to=size, seed=1)
        _say(
            f"{size:>9,} passages made in {growth.rows:.0f} s, their graph in {growth.graph:.0f} s"
        )
        rounds = max(1, 1000 // len(queries))
        speed = measure_speed(queries, rounds=rounds, compared=arguments.compared)
        rows.append({**asdict(growth), **asdict(speed), "load": round(os.getloadavg()[0], 1)})
        _say(
            f"          load {rows[-1]['load']}: p50 {speed.p50:.1f}  p95 {speed.p95:.1f}  "
            f"p99 {speed.p99:.1f} ms, of it embedding {speed.embedding_p50:.1f}; "
            f"processor time {speed.cpu:.1f} ms\n"
            f"          recall at 10: vectors {speed.recall:.3f}, fused {speed.agreement:.3f}"
        )
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=2))
    judged = [row for row in rows if row["passages"] == SHORT[-1]]
    good = all(row["recall"] >= LEAST_RECALL and row["p99"] <= MOST_MILLISECONDS for row in judged)
    _say("within the limits" if good else f"limits: {LEAST_RECALL}, {MOST_MILLISECONDS} ms")
    return 0 if good else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--data", help="a folder with kanboard/ and tau2_banking/, for more texts")
    parser.add_argument("--full", action="store_true", help="at a million passages too")
    parser.add_argument("--passages", type=int, nargs="*", help="other sizes")
    parser.add_argument("--compared", type=int, default=100, help="queries compared exhaustively")
    parser.add_argument("--json", help="a file for the figures")
    parser.add_argument("--scratch", default=ROOT / ".data" / "search", help="parent folder")
    parser.add_argument("--keep", action="store_true", help="leave the scratch database there")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
