"""A question through the whole pipeline with nothing recorded and nothing sent."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from agent.journal import Journal
from agent.mind import make_mind
from agent.models import PromptVersion
from agent.pipeline import consider
from agent.types import Decision, Desk, Question, Reading
from crm.types import PastMessage


@dataclass(frozen=True, slots=True)
class Trial:
    """What the agent would have done, and the journal of how it came to that."""

    decision: Decision
    reading: Reading
    journal: Journal
    milliseconds: float


class ScratchDesk:
    """A desk with the past that it is given, and a ticket that nobody sees."""

    def __init__(self, past: Sequence[PastMessage] = ()) -> None:
        self._past = past

    def list_past_messages(self, limit: int) -> Sequence[PastMessage]:
        return self._past[-limit:]

    def ensure_ticket(self, *, subject: str, category: str, priority: str) -> str:
        del subject, category, priority
        return "TKT-0000"


def try_question(
    question: Question, *, desk: Desk | None = None, version: PromptVersion | None = None
) -> Trial:
    """By the active version of the prompt or the given one. Slow; no transaction may be open.
    Raises what search and database raise."""
    journal = Journal()
    started = time.perf_counter()
    considered = consider(
        question,
        desk=desk or ScratchDesk(question.past),
        journal=journal,
        mind=make_mind(version=version),
    )
    milliseconds = (time.perf_counter() - started) * 1000
    return Trial(considered.decision, considered.reading, journal, round(milliseconds, 1))
