"""Notes each call to a provider or a model that begins while its thread has a transaction open.

How long a transaction lasts says nothing on a busy machine; what is done within it does.
"""

from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from agent.metering import MeteredModel
from agent.model import ChatMessage, Deadline, ModelTurn, ToolSpec

CALLS = "calls-in-transactions.txt"


def listen() -> None:
    """From here on, in this process. Gmail, Google and Twilio are called through `http.client`; a
    model by a thread of its own, so that its caller is asked."""
    begin, complete = HTTPConnection.putrequest, MeteredModel.complete

    def begin_noted(self: HTTPConnection, method: str, url: str, *rest: Any, **more: Any) -> None:
        _note(f"{method} {self.host}:{self.port}")
        begin(self, method, url, *rest, **more)

    def complete_noted(
        self: MeteredModel,
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolSpec],
        deadline: Deadline,
    ) -> ModelTurn:
        _note(f"model {self.name}")
        return complete(self, messages, tools, deadline)

    HTTPConnection.putrequest = begin_noted  # type: ignore[method-assign]
    MeteredModel.complete = complete_noted  # type: ignore[method-assign]


def read(data: Path) -> list[str]:
    """What every process of the desk noted."""
    noted = data / CALLS
    return noted.read_text().splitlines() if noted.exists() else []


def _note(call: str) -> None:
    if connection.in_atomic_block:
        with (Path(settings.DATA_DIR) / CALLS).open("a") as noted:
            noted.write(f"{call}\n")
