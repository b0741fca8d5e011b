"""A desk of its own for a benchmark: a new durable database and the Procfile's processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import requests

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 60.0
_STOP_SECONDS = 40.0


class Scratch:
    """A context. Everything lives below `folder`, which is emptied first; the database ends with
    its last user, the processes with the context. Changes this process's environment, so that
    Django, once set up, works on the same database."""

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = dict(settings or {})
        self._children: list[subprocess.Popen[bytes]] = []

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return {
            **os.environ,
            "PATH": path,
            "ENV_FILE": "none",
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "WEB_HOST": "127.0.0.1",
            "FORM_RATE_LIMIT": "0",
            "STATIC_COLLECTED": "0",
            "LLM_MODEL": "offline",
            "LOG_LEVEL": "WARNING",
            **self._settings,
        }

    def __enter__(self) -> "Scratch":
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        os.environ.update(self.environment())
        self.manage("migrate")
        self.manage("createcachetable")
        return self

    def manage(self, *command: str) -> None:
        """Runs a manage.py command. Raises CalledProcessError if it fails."""
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def start(self, name: str, **settings: str) -> subprocess.Popen[bytes]:
        """Starts a process of the Procfile; its output goes to a file in the folder."""
        log = (self.folder / f"{name}-{len(self._children)}.log").open("wb")
        child = subprocess.Popen(
            ["deploy/run", name],
            cwd=ROOT,
            env={**self.environment(), **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._children.append(child)
        return child

    def await_web(self) -> None:
        """Returns once the web process is ready. Raises RuntimeError if it never is."""
        await_ready(self.port, seconds=_START_SECONDS, logs=self.folder)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for child in self._children:
            stop(child)


def stop(child: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and after 40 s the end of its whole session."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def await_ready(port: int, *, seconds: float, logs: Path) -> None:
    """Returns once the web process on that port says that it is ready. Raises RuntimeError if it
    does not in that time, with where its output is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if requests.get(f"http://127.0.0.1:{port}/ready", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"A web process did not start: look into {logs}.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
