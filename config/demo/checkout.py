"""One demo a data folder, and no processes left by one that was killed."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

MARK = "ALLHOURS_DEMO"  # in the environment of every process of a demo: its data folder


@contextlib.contextmanager
def hold(data_dir: Path) -> Iterator[int | None]:
    """Yields None while this process is the demo of `data_dir`, else the id of the one that is."""
    data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data_dir / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield int(os.read(descriptor, 32) or 0)
            return
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield None
    finally:
        os.close(descriptor)


def end_leftovers(data_dir: Path) -> int:
    """Ends the processes of a demo that is no more, and returns how many there were."""
    left = list(_find_marked(data_dir))
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        _gone, alive = psutil.wait_procs(left, timeout=3)
        if not alive:
            break
    return len(left)


def end_demo(data_dir: Path, *, patience: float) -> int | None:
    """SIGTERM to the demo of `data_dir`, if one runs; its id if it stays beyond `patience` s."""
    asked, deadline = False, time.monotonic() + patience
    while True:
        with hold(data_dir) as running:
            if running is None:
                return None
        if time.monotonic() > deadline:
            return running
        if running and not asked:
            os.kill(running, signal.SIGTERM)
            asked = True
        time.sleep(0.05)


def _find_marked(data_dir: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == str(data_dir):
                yield process
