"""The desk in the storm: the Procfile's processes on a database of their own, and the doubles."""

import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from agent.double import ModelDouble
from benchmarks.scratch import ROOT, Scratch, await_ready, free_port
from benchmarks.storm.switch import Switch
from channels.gmail.double import GmailDouble
from channels.whatsapp.double.provider import Conduct, Provider
from channels.whatsapp.double.server import DoubleServer
from config.supervision import Child, Supervisor

# What hangs is given up soon, and the mailbox's quota is a large project's: the run is to end.
TIMEOUT_SECONDS, UNITS_PER_MINUTE = 5, 15_000
MODEL_TIMEOUT_SECONDS = 15  # for all calls of a message, on a machine that has more to do
ACCOUNT, TOKEN, SENDER = "AC" + "0" * 32, "double-token", "whatsapp:+14155238886"
_START_SECONDS = 90.0
_GRACE = 40.0


class Desk:
    """A context: everything runs inside and is stopped at its end; the database by the exit of
    this process, its last user. A child that ends is brought back, as a platform would."""

    def __init__(
        self, data: Path, *, seed: int, workers: int, webs: int, settings: Mapping[str, str]
    ) -> None:
        self.gmail = GmailDouble(seed=seed)
        self.model = ModelDouble(seed=seed)
        self.whatsapp = DoubleServer(
            Provider(
                account_sid=ACCOUNT, auth_token=TOKEN, sender=SENDER, conduct=Conduct(), seed=seed
            )
        )
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._webhook = f"{self.url}/api/v1/webhooks/gmail"
        self._scratch = Scratch(data, settings={**self._settings(), **settings})
        self.data = self._scratch.folder
        self.whatsapp.provider.conduct.inbound_url = f"{self.url}/api/v1/webhooks/whatsapp"
        self.web_ports = {f"web {number}": free_port() for number in range(1, webs + 1)}
        self.switch = Switch(port, list(self.web_ports.values()))
        self._workers = workers
        self._ending = threading.Event()
        self._supervisor: Supervisor | None = None
        self._tending = threading.Thread(target=self._tend, name="supervisor")

    def _settings(self) -> dict[str, str]:
        return {
            **self.gmail.settings(),
            **self.model.settings(),
            "PUBLIC_URL": self.url,
            "GMAIL_PUBSUB_AUDIENCE": self._webhook,
            "DATABASE_DURABLE": "1",
            "DJANGO_SETTINGS_MODULE": "benchmarks.storm.sabotage.settings",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_WHATSAPP_FROM": SENDER,
            "TWILIO_API_BASE": self.whatsapp.base,
            "PROVIDER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
            "LLM_TIMEOUT_SECONDS": str(MODEL_TIMEOUT_SECONDS),
            "GMAIL_UNITS_PER_MINUTE": str(UNITS_PER_MINUTE),
            # All processes together stay below what the server takes, as production has to.
            "DATABASE_POOL_SIZE": "12",
        }

    def __enter__(self) -> "Desk":
        self._scratch.__enter__()
        self._scratch.manage("import_knowledge", "sample_company/articles")
        self.gmail.start()
        self.gmail.push_to(
            self._webhook,
            audience=self._webhook,
            service_account=self.gmail.settings()["GMAIL_PUBSUB_SERVICE_ACCOUNT"],
        )
        self.whatsapp.__enter__()
        self.model.start()
        self.switch.start()
        return self

    def start(self) -> None:
        self._supervisor = Supervisor(
            [
                *(
                    self._child(name, "web", PORT=str(port))
                    for name, port in self.web_ports.items()
                ),
                *(self._child(f"worker {n}", "worker") for n in range(1, self._workers + 1)),
            ],
            announce=lambda sentence: None,
        )
        self._supervisor.start()
        self._tending.start()
        for port in self.web_ports.values():
            self.await_ready(port)

    def children(self, kind: str) -> list[Child]:
        """Those of a process of the Procfile, `web` or `worker`."""
        every = self._supervisor.children if self._supervisor else []
        return [child for child in every if child.name.startswith(kind)]

    def await_ready(self, port: int) -> None:
        """Returns once that web process says that it is ready. Raises RuntimeError otherwise."""
        await_ready(port, seconds=_START_SECONDS, logs=self.data)

    def _child(self, name: str, process: str, **settings: str) -> Child:
        return Child(
            name,
            ["deploy/run", process],
            {**self._scratch.environment(), **settings},
            folder=ROOT,
            log=self.data / f"{name.replace(' ', '-')}.log",
        )

    def _tend(self) -> None:
        while self._supervisor and not self._ending.wait(0.1):
            self._supervisor.tend()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending.set()
        if self._supervisor is not None:
            self._tending.join()
            self._supervisor.stop(grace=_GRACE)
        self.switch.stop()
        self.model.stop()
        self.whatsapp.__exit__()
        self.gmail.stop()
        self._scratch.__exit__(kind, error, traceback)
