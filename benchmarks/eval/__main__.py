"""Prints the table: `make eval`, or `python -m benchmarks.eval [--data DIR] [--json FILE]`.

On the configured database, which it migrates and otherwise leaves as it was.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import django

from benchmarks.eval.figures import DataMissing, Figure

_ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eval", description=__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("EVAL_DATA") or _ROOT.parent / "shared" / "data"),
        help="the folder of the data; EVAL_DATA names another default",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    # Imported late: needs Django to be set up.
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    started = time.monotonic()
    figures: list[Figure] = []
    missing: list[str] = []
    group = ""
    for result in _measure_all(options.data):
        try:
            found = result()
        except DataMissing as lack:
            missing.append(str(lack))
            continue
        for figure in found:
            if figure.group != group:
                group = figure.group
                print(f"\n{group}")
            print(_write(figure), flush=True)
        figures += found
    for reason in missing:
        print(f"\nNot measured: {reason}")
    print(f"\n{time.monotonic() - started:.0f} s, load {os.getloadavg()[0]:.1f}")
    if options.json:
        rows = [asdict(figure) for figure in figures]
        options.json.write_text(json.dumps({"figures": rows, "missing": missing}, indent=1))


def _measure_all(data: Path) -> Iterator[Callable[[], list[Figure]]]:
    """Results in the table's order. Times are taken with nothing beside them; then two processes
    share the rest, the longest first."""
    # Imported late: models need Django to be set up.
    from benchmarks.eval.intents import measure_banking, measure_clinc
    from benchmarks.eval.moods import measure_moods
    from benchmarks.eval.retrieval import measure_retrieval
    from benchmarks.eval.rules import measure_rules

    yield _measure_path
    with ProcessPoolExecutor(2, get_context("spawn"), django.setup) as pool:
        retrieval = pool.submit(measure_retrieval, data / "knowledge")
        clinc = pool.submit(measure_clinc, data)
        banking = pool.submit(measure_banking, data)
        rules = pool.submit(measure_rules, data)
        moods = pool.submit(measure_moods)
        for part in (moods, banking, clinc, rules, retrieval):
            yield part.result


def _measure_path() -> list[Figure]:
    """In a process that has loaded what a worker loads, and nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.eval.path"],
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        check=True,
    )
    return [Figure(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def _write(figure: Figure) -> str:
    verdict = {True: "reached", False: "MISSED", None: ""}[figure.reached]
    value = f"{figure.value:8.{1 if figure.unit else 3}f} {figure.unit:3}"
    return f"  {figure.name:44}{value} {figure.aim:>8} {verdict:8} {figure.note}".rstrip()


if __name__ == "__main__":
    main()
