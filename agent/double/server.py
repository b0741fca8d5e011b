"""The double as a running server, and what a test or a benchmark holds in its hand."""

import json
import threading
from http.server import ThreadingHTTPServer
from typing import Any

from agent.double.behaviour import Behaviour
from agent.double.faults import FaultPlan
from agent.double.handler import Handler


class ModelDouble:
    """Listens on loopback from its creation; `start` answers, `stop` ends. A context manager.

    `requests` are the calls as they came, also those that a fault spoiled.
    """

    def __init__(
        self, behaviour: Behaviour = Behaviour.GOOD, *, port: int = 0, seed: int = 0
    ) -> None:
        self.behaviour = behaviour
        self.faults = FaultPlan(seed)
        self.requests: list[dict[str, Any]] = []
        self.hang_seconds = 30.0
        self.latency_seconds = 0.0
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="model-double",
            daemon=True,
        )

    def __enter__(self) -> "ModelDouble":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def seen(self) -> str:
        """All that ever reached it."""
        return json.dumps(self.requests, ensure_ascii=False)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()

    def settings(self) -> dict[str, str]:
        """The environment with which the desk talks to this double."""
        return {
            "LLM_MODEL": "openai/double",
            "OPENAI_API_BASE": f"{self.url}/v1",
            "OPENAI_API_KEY": "double-key",
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], double: ModelDouble) -> None:
        self.double = double
        super().__init__(address, Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that went away is what the faults are for."""
