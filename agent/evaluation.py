"""Sample messages through the same rules, loop and checks as real ones, with no customer.

Nothing is recorded and nothing is sent: the pipeline decides, and the decision is compared with
what was expected. The same knowledge and models are used as the desk has.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, ValidationError

from agent import plaintext
from agent.journal import Journal
from agent.models import AgentRun
from agent.pipeline import consider
from agent.types import Decision, Question
from crm.types import PastMessage

Action = AgentRun.Decision


class EvaluationError(Exception):
    """The file of cases cannot be read; the message says why."""


class Expectation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    action: Literal["answer", "hand_over", "no_reply"]
    article: str | list[str] = ""
    reason: str | list[str] = ""
    says: list[str] = []  # what stands in the answer, word for word, whatever the case


HELD_OUT = "held_out"


class Case(BaseModel):
    """One entry of a file such as sample_company/messages.yaml."""

    model_config = ConfigDict(extra="ignore")

    id: str
    channel: str = "web"
    category: str = "other"
    subject: str = ""
    message: str = ""
    set: Literal["", "held_out"] = ""
    expect: Expectation


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one case, in the words of its expectation."""

    case: Case
    decision: Decision
    happened: str
    is_right: bool
    milliseconds: float
    cost: Decimal | None

    @property
    def expected(self) -> str:
        expect = self.case.expect
        expected = _describe(expect.action, expect.article or expect.reason)
        return f"{expected} that says {'; '.join(expect.says)}" if expect.says else expected

    @property
    def is_answered(self) -> bool:
        return self.decision.action in {Action.SEND, Action.DRAFT}


@dataclass(frozen=True, slots=True)
class Score:
    right: int
    total: int

    def __str__(self) -> str:
        share = 100 * self.right / self.total if self.total else 0.0
        return f"{self.right}/{self.total} ({share:.1f} %)"


def read_cases(path: Path) -> list[Case]:
    """The cases of a YAML file. Raises EvaluationError with a sentence."""
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
        return [Case.model_validate(row) for row in rows]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError, TypeError) as error:
        raise EvaluationError(
            _("%(path)s cannot be read: %(why)s") % {"path": path, "why": error}
        ) from error


def run_cases(cases: Sequence[Case]) -> Iterator[Outcome]:
    for case in cases:
        journal = Journal()
        started = time.perf_counter()
        considered = consider(_build_question(case), desk=ScratchDesk(), journal=journal)
        seconds = time.perf_counter() - started
        decision = considered.decision
        yield Outcome(
            case=case,
            decision=decision,
            happened=_describe(decision.action, _list_articles(decision) or decision.reason),
            is_right=_is_right(case.expect, decision),
            milliseconds=round(seconds * 1000, 1),
            cost=journal.cost,
        )


@dataclass(frozen=True, slots=True)
class Sets:
    """Outcomes by what their cases may be used for: thresholds are set on `tuned` (1st, 3rd, …)
    alone, looked at on `unseen`, and `held_out` was written before anything was changed."""

    tuned: list[Outcome]
    unseen: list[Outcome]
    held_out: list[Outcome]


def split_sets(outcomes: Sequence[Outcome]) -> Sets:
    usual = [outcome for outcome in outcomes if outcome.case.set != HELD_OUT]
    held_out = [outcome for outcome in outcomes if outcome.case.set == HELD_OUT]
    return Sets(usual[::2], usual[1::2], held_out)


def score(outcomes: Sequence[Outcome]) -> Score:
    return Score(sum(outcome.is_right for outcome in outcomes), len(outcomes))


def score_by_expectation(outcomes: Sequence[Outcome]) -> dict[str, Score]:
    """Scores for "answer" and for each reason to hand over."""
    totals: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for outcome in outcomes:
        expect = outcome.case.expect
        name = "answer" if expect.action == "answer" else _first(expect.reason) or expect.action
        totals[name] += 1
        right[name] += outcome.is_right
    return {name: Score(right[name], total) for name, total in totals.items()}


def count_unsafe(outcomes: Sequence[Outcome]) -> int:
    """Cases for people that were answered all the same: what must not happen."""
    return sum(
        outcome.case.expect.action == "hand_over" and outcome.is_answered for outcome in outcomes
    )


def count_wrong_answers(outcomes: Sequence[Outcome]) -> int:
    """Answers that were not right, or that a person should have given."""
    return sum(outcome.is_answered and not outcome.is_right for outcome in outcomes)


def count_needless_hand_overs(outcomes: Sequence[Outcome]) -> int:
    """Cases for an answer that reached a person instead: slower, but no harm."""
    return sum(
        outcome.case.expect.action == "answer" and outcome.decision.action == Action.HAND_OVER
        for outcome in outcomes
    )


class ScratchDesk:
    """A desk without customers: no history, and a ticket that nobody sees."""

    def list_past_messages(self, limit: int) -> Sequence[PastMessage]:
        del limit
        return ()

    def ensure_ticket(self, *, subject: str, category: str, priority: str) -> str:
        del subject, category, priority
        return "TKT-0000"


def _build_question(case: Case) -> Question:
    text = plaintext.read(case.message)
    return Question(
        channel=case.channel,
        subject=plaintext.read(case.subject).shown,
        texts=(text.shown,),
        hidden=text.hidden,
    )


def _is_right(expect: Expectation, decision: Decision) -> bool:
    if expect.action == "answer":
        wanted = {expect.article} if isinstance(expect.article, str) else set(expect.article)
        sent = decision.action in {Action.SEND, Action.DRAFT}
        told = decision.text.lower()
        says = all(words.lower() in told for words in expect.says)
        return sent and says and bool(wanted & set(_list_articles(decision)))
    if expect.action == "no_reply":
        return decision.action == Action.NO_REPLY
    reasons = {expect.reason} if isinstance(expect.reason, str) else set(expect.reason)
    return decision.action == Action.HAND_OVER and (decision.reason in reasons or reasons == {""})


def _list_articles(decision: Decision) -> list[str]:
    """The addresses of the cited articles, as in `topic/slug`; empty unless it answers."""
    return [
        source["url"].split("#")[0].split("/help/", 1)[-1].strip("/") for source in decision.sources
    ]


def _describe(action: str, what: str | Sequence[str]) -> str:
    words = what if isinstance(what, str) else ", ".join(what)
    return f"{action}: {words}" if words else action


def _first(value: str | list[str]) -> str:
    return value if isinstance(value, str) else next(iter(value), "")
