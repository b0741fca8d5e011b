"""A desk of its own: scratch database, the Procfile's processes, both doubles."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import requests

from channels.gmail.double import GmailDouble
from channels.whatsapp.double.provider import Conduct, Provider
from channels.whatsapp.double.server import DoubleServer

ROOT = Path(__file__).resolve().parents[2]
# What hangs is given up soon, and the mailbox's quota is a large project's: the run is to end.
TIMEOUT_SECONDS, UNITS_PER_MINUTE = 5, 15_000
ACCOUNT, TOKEN, SENDER = "AC" + "0" * 32, "double-token", "whatsapp:+14155238886"


class Desk:
    """A context: everything runs inside and is stopped at its end; the database by the exit of
    this process, its last user."""

    def __init__(self, data: Path, *, seed: int, workers: int) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.gmail = GmailDouble(seed=seed)
        self.whatsapp = DoubleServer(
            Provider(
                account_sid=ACCOUNT,
                auth_token=TOKEN,
                sender=SENDER,
                conduct=Conduct(inbound_url=f"{self.url}/api/v1/webhooks/whatsapp"),
                seed=seed,
            )
        )
        self.data = data
        self._workers = workers
        self._children: list[subprocess.Popen[bytes]] = []

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return {
            **os.environ,
            **self.gmail.settings(),
            "PATH": path,
            "ENV_FILE": "none",
            "DATA_DIR": str(self.data),
            "DATABASE_URL": "",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "WEB_HOST": "127.0.0.1",
            "GMAIL_PUBSUB_AUDIENCE": f"{self.url}/api/v1/webhooks/gmail",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_WHATSAPP_FROM": SENDER,
            "TWILIO_API_BASE": self.whatsapp.base,
            "PROVIDER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
            "GMAIL_UNITS_PER_MINUTE": str(UNITS_PER_MINUTE),
            "FORM_RATE_LIMIT": "0",
            "STATIC_COLLECTED": "0",
            "LLM_MODEL": "offline",
        }

    def __enter__(self) -> "Desk":
        self.data.mkdir(parents=True, exist_ok=True)
        os.environ.update(self.environment())
        self.gmail.start()
        self.gmail.push_to(
            f"{self.url}/api/v1/webhooks/gmail",
            audience=f"{self.url}/api/v1/webhooks/gmail",
            service_account=self.gmail.settings()["GMAIL_PUBSUB_SERVICE_ACCOUNT"],
        )
        self.whatsapp.__enter__()
        return self

    def prepare(self) -> None:
        """Tables and the sample company's articles."""
        for command in (
            ["migrate"],
            ["createcachetable"],
            ["import_knowledge", "sample_company/articles"],
        ):
            subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=ROOT,
                env=self.environment(),
                stdout=subprocess.DEVNULL,
                check=True,
            )

    def start(self) -> None:
        for name in ["web", *["worker"] * self._workers]:
            log = (self.data / f"{name}-{len(self._children)}.log").open("wb")
            self._children.append(
                subprocess.Popen(
                    ["deploy/run", name],
                    cwd=ROOT,
                    env=self.environment(),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/api/v1/health", timeout=2).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise RuntimeError(f"The desk did not start: look into {self.data}.")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for child in self._children:
            os.killpg(child.pid, signal.SIGTERM)
        for child in self._children:
            try:
                child.wait(timeout=40)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        self.whatsapp.__exit__()
        self.gmail.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
