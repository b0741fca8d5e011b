"""Results as a table on the terminal and as JSON beside it."""

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure; `aim` says in words what is wanted, `ok` whether it was reached,
    None where nothing is wanted of it. A benchmark exits with 1 if a row of its says "missed": an
    aim that was not reached, or what makes the other figures worth nothing."""

    what: str
    value: float
    unit: str = ""
    aim: str = ""
    ok: bool | None = None


def print_table(title: str, rows: Sequence[Row]) -> None:
    print(f"\n{title}   (load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores)")
    for row in rows:
        mark = {None: "", True: "reached", False: "missed"}[row.ok]
        figure = f"{row.value:,.3g}" if abs(row.value) < 10 else f"{row.value:,.0f}"
        print(f"  {row.what:<52} {figure:>10} {row.unit:<12} {row.aim:<24} {mark}")


def write_json(path: Path, title: str, rows: Sequence[Row]) -> None:
    """Also keeps when, on what and under which load the figures were taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "title": title,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
        "rows": [asdict(row) for row in rows],
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
