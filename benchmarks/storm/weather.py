"""What goes wrong with processes, the database and the model, from a seed and on a timetable."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
from django.db import connection

from agent.double import Fault
from benchmarks.storm.desk import Desk
from benchmarks.storm.extent import Extent
from benchmarks.storm.rows import ask
from benchmarks.storm.watch import Watch
from config.supervision import Child

_PAUSED_SECONDS = 20.0  # longer than the desk waits for a silent worker
_WAKING_SECONDS = 5.0  # until it has gone on with what it was at
_CUTTING_SECONDS = 4.0

# Connections that are just writing, or have just written, the end of a job.
_CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND query LIKE '%procrastinate_finish_job%'"
)


@dataclass(slots=True)
class Record:
    """When what happened."""

    moments: list[tuple[str, datetime]] = field(default_factory=list)

    def count(self) -> Counter[str]:
        return Counter(kind for kind, _at in self.moments)

    def moments_of(self, kind: str) -> list[datetime]:
        return [at for happened, at in self.moments if happened == kind]


class Weather:
    """A context; runs in a thread of its own inside it, and lets nothing paused or away behind."""

    def __init__(self, desk: Desk, *, seed: int, extent: Extent, watch: Watch) -> None:
        self.record = Record()
        self._desk = desk
        self._watch = watch
        self._model_back = extent.model_back
        self._random = random.Random(seed)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._blow, name="weather")
        self._timetable: dict[str, tuple[float, Callable[[], None]]] = {
            "worker killed": (extent.worker_killed, self._kill_worker),
            "web killed": (extent.web_killed, self._kill_web),
            "database killed": (extent.database_killed, self._kill_database),
            "worker paused": (extent.worker_paused, self._pause_worker),
            "backends cut": (extent.backends_cut, self._cut_backends),
            "model away": (extent.model_away, self._take_model_away),
        }
        self._restoring: list[tuple[float, Callable[[], None]]] = []

    def __enter__(self) -> "Weather":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ending.set()
        self._thread.join()
        for _at, restore in self._restoring:
            restore()

    def _blow(self) -> None:
        started = time.monotonic()
        due = {
            kind: started + every * self._random.uniform(0.5, 1)
            for kind, (every, _act) in self._timetable.items()
            if every
        }
        while not self._ending.wait(0.1):
            now = time.monotonic()
            for kind in [kind for kind, at in due.items() if at <= now]:
                every, act = self._timetable[kind]
                due[kind] = now + every * self._random.uniform(0.8, 1.2)
                self.record.moments.append((kind, datetime.now(UTC)))
                act()
            for entry in [entry for entry in self._restoring if entry[0] <= now]:
                self._restoring.remove(entry)
                entry[1]()

    def _kill_worker(self) -> None:
        _signal(self._choose("worker"), signal.SIGKILL)

    def _kill_web(self) -> None:
        """The server's main process, or one of those that serve."""
        child = self._choose("web")
        if child.process is None:
            return
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(child.process.pid)
            self._random.choice([leader, *leader.children()]).kill()

    def _kill_database(self) -> None:
        """At once, as the power does, or as somebody who kills only the main process."""
        pid = _postmaster(self._desk.data)
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self._random.choice([signal.SIGQUIT, signal.SIGKILL]))

    def _pause_worker(self) -> None:
        child = self._choose("worker")
        process = child.process
        if process is None:
            return
        _signal(child, signal.SIGSTOP)
        self._watch.paused = True

        def wake() -> None:
            with contextlib.suppress(ProcessLookupError):
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)

        def is_awake() -> None:
            self._watch.paused = False

        back = time.monotonic() + _PAUSED_SECONDS
        self._restoring += [(back, wake), (back + _WAKING_SECONDS, is_awake)]

    def _cut_backends(self) -> None:
        def cut() -> None:
            deadline = time.monotonic() + _CUTTING_SECONDS
            while time.monotonic() < deadline and not self._ending.is_set():
                ask(_CUT)
                time.sleep(0.02)
            connection.close()

        threading.Thread(target=cut, name="cutter", daemon=True).start()

    def _take_model_away(self) -> None:
        faults = self._desk.model.faults
        faults.chance(Fault.UNAVAILABLE, 1.0)
        back = time.monotonic() + self._model_back
        self._restoring.append((back, lambda: faults.chance(Fault.UNAVAILABLE, 0.0)))

    def _choose(self, kind: str) -> Child:
        return self._random.choice(self._desk.children(kind))


def _signal(child: Child, number: signal.Signals) -> None:
    if child.process is not None and child.process.poll() is None:
        child.process.send_signal(number)


def _postmaster(data: Path) -> int:
    try:
        first = (data / "postgres/data/postmaster.pid").read_text().split("\n")[0]
        return abs(int(first))
    except (OSError, ValueError):
        return 0
