"""What the rooms of the agent hand to each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from agent.models import AgentRun
from crm.models import Message
from crm.types import PastMessage, Source
from knowledge.types import FoundPassage

# Of everything that waits in one conversation together; the newest is kept.
MAX_QUESTION = 20_000


@dataclass(frozen=True, slots=True)
class Question:
    """Everything in one conversation that waits for an answer, cleaned for reading.

    `texts` are the unanswered messages and `past` what was said before them, both oldest first.
    `hidden` is text that the customer's programme would not have shown. `past_sentiments` are
    the scores of the customer's earlier messages, oldest first. `language` is what the
    conversation was held in so far, "" if nothing is known. `is_proven` says that who writes is
    known to own the address; a trial's customer counts as such.
    """

    channel: str
    texts: tuple[str, ...]
    subject: str = ""
    hidden: str = ""
    past: tuple[PastMessage, ...] = ()
    past_sentiments: tuple[float, ...] = ()
    language: str = ""
    has_files: bool = False
    is_proven: bool = True

    @property
    def text(self) -> str:
        """The unanswered messages, of which the newest MAX_QUESTION characters are kept."""
        return "\n\n".join(text for text in self.texts if text)[-MAX_QUESTION:]

    @property
    def full_text(self) -> str:
        """The subject, which often holds half of the question, and the text."""
        subject = self.subject[:1_000]
        return f"{subject}\n\n{self.text[len(subject) + 2 - MAX_QUESTION :]}".strip()


@dataclass(frozen=True, slots=True)
class Started:
    """A run that has begun, the messages that it is to answer, oldest first, and how many runs
    failed before on the newest of them."""

    run: AgentRun
    question: Question
    messages: tuple[Message, ...]
    failures: int = 0

    @property
    def waiting_since(self) -> datetime:
        return self.messages[0].created_at


@dataclass(frozen=True, slots=True)
class Intention:
    """The likeliest intent, how likely it is among all intents (0..1), and whether the question
    belongs to any of them at all."""

    name: str
    score: float
    in_scope: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of the question before any model saw it: the language, for each of its
    texts the sentiment and the emotion, and what it wants. No `intention` means that
    nobody taught the desk any intents, which is no reason for anything."""

    language: str
    sentiments: tuple[float, ...]
    emotions: tuple[str, ...] = ()
    intention: Intention | None = None

    @property
    def intent(self) -> str:
        """The name of the intent, "" if the question has none that is known."""
        return self.intention.name if self.intention and self.intention.in_scope else ""

    @property
    def sentiment(self) -> float | None:
        return min(self.sentiments, default=None)


@dataclass(frozen=True, slots=True)
class Stakes:
    """What a wrong answer would touch. `intent` is "" where it is out of scope or unknown;
    `is_proven` says that who writes is known to own the address."""

    channel: str
    intent: str = ""
    is_proven: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer that a model wants to give, with the passages that it rests on."""

    text: str
    passages: tuple[FoundPassage, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class HandOver:
    """The wish, or the need, to let a person answer. `explanation` is for staff."""

    reason: str
    explanation: str
    route: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with the question. `action` is one of AgentRun.Decision."""

    action: str
    explanation: str
    reason: str = ""
    text: str = ""
    sources: tuple[Source, ...] = ()
    confidence: float | None = None

    @property
    def is_answer(self) -> bool:
        """Whether there is an answer that the passages support, whoever may send it."""
        return self.action in _ANSWERS


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the passages support an answer; `complaints` name what they do not.

    `needs_approval` says that only a model vouches for it, so that a person has to look.
    """

    supported: bool
    score: float
    complaints: tuple[str, ...] = field(default=())
    needs_approval: bool = False


_ANSWERS = frozenset({AgentRun.Decision.SEND, AgentRun.Decision.DRAFT, AgentRun.Decision.SHADOW})


class Search(Protocol):
    """`knowledge.search.search_passages`, or a stand-in with the same promise."""

    def __call__(
        self,
        query: str,
        *,
        limit: int = 5,
        language: str | None = None,
        include_internal: bool = False,
    ) -> Sequence[FoundPassage]: ...


class Desk(Protocol):
    """What tools may touch: bound to one customer and conversation, which no model names."""

    def list_past_messages(self, limit: int) -> Sequence[PastMessage]:
        """What this customer and we wrote before, as far as who asks may see it."""

    def ensure_ticket(self, *, subject: str, category: str, priority: str) -> str:
        """The reference of the conversation's ticket, opened if there is none."""
