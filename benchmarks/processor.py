"""Processor time, which a busy machine changes less than it changes rates."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
from django.db import connection

Clock = Callable[[], float]


def tree(pid: int) -> Clock:
    """A clock of the seconds that a process and all that it ever started have worked."""
    root = psutil.Process(pid)

    def read() -> float:
        total = 0.0
        for each in [root, *root.children(recursive=True)]:
            try:
                times = each.cpu_times()
            except psutil.NoSuchProcess:
                continue  # its parent has counted it by now
            total += times.user + times.system + times.children_user + times.children_system
        return total

    return read


def here() -> float:
    """Seconds that this process and the server process of its database connection have worked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    return time.process_time() + of_thread(backend)


def of_thread(pid: int) -> float:
    """Seconds that the process's first thread has worked, to the nanosecond: what is measured may
    take less than a tick of the usual clock."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def own_children() -> float:
    """Seconds of this process's own children that have ended, such as a load generator."""
    times = psutil.Process().cpu_times()
    return float(times.children_user + times.children_system)


class Stopwatch:
    """What each of the named clocks advances by."""

    def __init__(self, clocks: Mapping[str, Clock]) -> None:
        self._clocks = dict(clocks)
        self._begun = {name: read() for name, read in self._clocks.items()}

    def milliseconds_each(self, count: float) -> dict[str, float]:
        return {
            name: (read() - self._begun[name]) / count * 1000 for name, read in self._clocks.items()
        }
