"""The demo's children: web and worker, as the Procfile starts them."""

import http.client
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db.models import Max
from procrastinate.contrib.django.models import ProcrastinateWorker

from config.demo.checkout import MARK
from config.demo.preparation import read_end
from config.supervision import Child, Supervisor

_PATIENCE = 120.0


def make_environment(data_dir: Path, *, host: str) -> dict[str, str]:
    """The demo's own environment, with what marks its processes and makes them log at once."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    # The demo's processes and stand-ins talk to each other on this machine, past any proxy.
    direct = ",".join(filter(None, [os.environ.get("NO_PROXY", ""), "127.0.0.1,localhost,::1"]))
    return {
        **os.environ,
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PATH": path,
        "PORT": str(settings.PORT),
        "WEB_HOST": host,
        "PYTHONUNBUFFERED": "1",
        "STATIC_COLLECTED": "0",  # collecting takes long, and nobody else serves them here
        MARK: str(data_dir),
    }


def make_children(logs: Path, environment: Mapping[str, str]) -> list[Child]:
    return [
        Child(
            name,
            ["deploy/run", name],
            environment,
            folder=Path(settings.BASE_DIR),
            log=logs / f"{name}.log",
        )
        for name in ("web", "worker")
    ]


def last_worker() -> int:
    """The highest id that a worker has registered with; a later one is a new worker's."""
    return ProcrastinateWorker.objects.aggregate(last=Max("id"))["last"] or 0


def wait_until_ready(
    supervisor: Supervisor, *, host: str, worker_after: int, tend: Callable[[], None]
) -> None:
    """Returns when web answers that it is ready and a new worker has registered.

    Raises CommandError with the end of the log when a child keeps ending or takes too long.
    """
    deadline = time.monotonic() + _PATIENCE
    while not (_web_is_ready(host) and last_worker() > worker_after):
        tend()
        for child in supervisor.children:
            if child.log and (child.failures > 1 or time.monotonic() > deadline):
                raise CommandError(f"{child.name} does not start.\n{read_end(child.log)}")
        time.sleep(0.1)


def _web_is_ready(host: str) -> bool:
    connection = http.client.HTTPConnection(reachable(host), settings.PORT, timeout=5)
    try:
        connection.request("GET", "/ready", headers={"Host": _allowed_host()})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def reachable(host: str) -> str:
    """An address of this machine where a process that listens on `host` is reached."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _allowed_host() -> str:
    """A name that the web process answers to, whatever ALLOWED_HOSTS says."""
    first = str(settings.ALLOWED_HOSTS[0])
    return "localhost" if first == "*" else first.lstrip(".")
