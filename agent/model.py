"""What every chat model looks like to the loop."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to use a tool; `arguments` is unchecked JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant", "tool"]
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as models are told of it; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """One answer of a model. `cost` is in USD, None if unknown. `seen` is what it was told, where
    that is not what its caller said. `is_cut` says that the provider stopped it at the bound on
    its length, so that what it says may lack its end."""

    tool_calls: tuple[ToolCall, ...]
    text: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    seen: tuple[ChatMessage, ...] = ()
    is_cut: bool = False


class ModelError(Exception):
    """A model could not answer. `permanent` means that asking again will not help, and
    `blames_request` that the model is well and refused what it was asked. `timed_out` leaves
    open whether the model is down or was asked for more than it could say in the time."""

    def __init__(
        self,
        sentence: str,
        *,
        permanent: bool,
        blames_request: bool = False,
        timed_out: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.permanent = permanent
        self.blames_request = blames_request
        self.timed_out = timed_out


class Deadline:
    """A moment after which nobody waits any more; one for everything that a run asks models."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, 0 once it has passed."""
        return max(0.0, self._ends - time.monotonic())

    def share(self, parts: int) -> "Deadline":
        """A deadline after an equal part of what is left."""
        return Deadline(self.remaining / max(parts, 1))


class ChatModel(Protocol):
    @property
    def name(self) -> str:
        """As configured, for the record."""

    def complete(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], deadline: Deadline
    ) -> ModelTurn:
        """The model's next turn. Raises ModelError, at the latest when the deadline passes."""
