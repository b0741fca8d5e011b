"""What a run did, step by step, kept in memory until the run is recorded."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from agent.models import AgentRun, AgentStep, PromptVersion
from crm.services import printable

_TITLE_MAX = AgentStep._meta.get_field("title").max_length


@dataclass(slots=True)
class Note:
    kind: str
    title: str
    detail: dict[str, object] = field(default_factory=dict)
    milliseconds: float = 0.0


class Journal:
    """Steps, tokens and cost of one run; knows nothing of transactions."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.model = ""
        self.prompt_version: PromptVersion | None = None  # that a configured model worked by
        self.seen = 0  # messages that a model was told, of which a step shows the new ones
        self.input_tokens = 0
        self.output_tokens = 0
        self.cost: Decimal | None = Decimal(0)

    @contextmanager
    def step(self, kind: str, title: str) -> Iterator[Note]:
        """Notes a step and times it, also when it fails."""
        note = Note(kind, title)
        self.notes.append(note)
        started = time.perf_counter()
        try:
            yield note
        except Exception as error:
            note.detail["error"] = type(error).__name__
            raise
        finally:
            note.milliseconds = round((time.perf_counter() - started) * 1000, 2)

    def count(
        self, *, model: str, input_tokens: int, output_tokens: int, cost: Decimal | None
    ) -> None:
        """Adds one model call; one call of unknown cost makes the sum unknown. `model` is "" for
        a call that only judges what another wrote."""
        self.model = model or self.model
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        self.cost = None if cost is None or self.cost is None else self.cost + cost

    def dump(self) -> list[dict[str, object]]:
        """The steps as JSON, for a trial that leaves no run."""
        return [
            {
                "kind": note.kind,
                "title": _fitting(note.title),
                "detail": _storable(note.detail),
                "milliseconds": note.milliseconds,
            }
            for note in self.notes
        ]

    def build_steps(self, run: AgentRun) -> list[AgentStep]:
        return [
            AgentStep(
                run=run,
                position=position,
                kind=note.kind,
                title=_fitting(note.title),
                detail=_storable(note.detail),
                milliseconds=note.milliseconds,
            )
            for position, note in enumerate(self.notes, start=1)
        ]


def _fitting(title: str) -> str:
    """What its column holds of the title, which grows with every message that waits."""
    return printable(title)[:_TITLE_MAX]


def _storable(value: object) -> object:
    """The value without what PostgreSQL refuses in JSON: a model may write anything."""
    match value:
        case str():
            return printable(value)
        case dict():
            return {printable(str(key)): _storable(item) for key, item in value.items()}
        case list() | tuple():
            return [_storable(item) for item in value]
        case _:
            return value
