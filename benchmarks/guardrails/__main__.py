"""Prints the table: `python -m benchmarks.guardrails --data DIR`."""

import argparse
import os
import sys
from pathlib import Path

import django


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guardrails", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="see README.md")
    folder = parser.parse_args().data
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    # Imported late: models need Django to be set up.
    from benchmarks.guardrails.data import DataMissing
    from benchmarks.guardrails.measure import measure
    from benchmarks.guardrails.table import write_table

    try:
        print(write_table(measure(folder)))
    except DataMissing as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
