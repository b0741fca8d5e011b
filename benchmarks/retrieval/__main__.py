"""`python -m benchmarks.retrieval [--data DIR] [--json FILE]`: hit@1, hit@5 and MRR of the search.

DIR holds kanboard/ (Markdown pages) and tau2_banking/ (JSON documents); without it only the sample
company is measured. On the configured database, which it leaves as it was. Exits 1 if the fused
search is not above both of its parts, by MRR over all questions of a set.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import django


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("EVALUATION_DATA"))
    parser.add_argument("--json", type=Path, help="a file for the figures")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from benchmarks.retrieval.measurement import measure

    data = Path(arguments.data) if arguments.data else None
    for name in ("kanboard", "tau2_banking"):
        if data is None or not (data / name).is_dir():
            sys.stdout.write(f"{name} is not measured: --data names no folder that holds it.\n")
    rows = measure(data)
    title = ""
    for row in rows:
        if title != (title := f"{row.set}: {row.asked}"):
            sys.stdout.write(f"\n{title}\n{'':22}questions  hit@1  hit@5    MRR\n")
        sys.stdout.write(
            f"  {row.part:11}{row.method:9}{row.questions:9}"
            f"{row.hit_at_1:7.3f}{row.hit_at_5:7.3f}{row.mrr:7.3f}\n"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    whole = [row for row in rows if row.part == "all"]
    fused = {row.set: row.mrr for row in whole if row.method == "fused"}
    beaten = [row for row in whole if row.method != "fused" and row.mrr >= fused[row.set]]
    for row in beaten:
        sys.stdout.write(f"\n{row.set}: {row.method} alone find as much.\n")
    return 1 if beaten else 0


if __name__ == "__main__":
    sys.exit(main())
