"""Tasks for the worker processes that tests start."""

import sys
import threading
import time
from pathlib import Path

from config import jobs


@jobs.task("trial.touch")
def touch(*, path: str) -> None:
    Path(path).touch()


@jobs.task("trial.meet")
def meet(*, folder: str, mark: str, expected: int) -> None:
    """Succeeds only if `expected` of its kind run at the same time."""
    (Path(folder) / mark).touch()
    deadline = time.monotonic() + 60
    while len(list(Path(folder).iterdir())) < expected:
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


@jobs.task("trial.sleep")
def sleep(*, path: str, milliseconds: int) -> None:
    Path(path).with_suffix(".begun").touch()
    time.sleep(milliseconds / 1000)
    Path(path).touch()


@jobs.task("trial.fail")
def fail(*, secret: str) -> None:
    raise RuntimeError(f"no {len(secret)}")


@jobs.task("trial.need")
def need(*, module: str) -> None:
    """Succeeds only if the module was imported before."""
    if module not in sys.modules:
        raise ImportError(module)


@jobs.task("trial.hang")
def hang() -> None:
    threading.Event().wait()
