"""The model double in a process of its own, whose time is not the desk's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.scratch import ROOT, stop


@contextmanager
def run_double(*, latency: float) -> Iterator[dict[str, str]]:
    """Yields the settings that lead to a double which answers after `latency` seconds."""
    double = subprocess.Popen(
        [sys.executable, "-m", "agent.double", "--latency", str(latency)],
        cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        if double.stdout is None:
            raise RuntimeError("The model double says nothing.")
        settings: dict[str, str] = json.loads(double.stdout.readline())
        yield settings
    finally:
        stop(double)
