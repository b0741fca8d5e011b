"""What the rules say to a customer's message, before any model is asked."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agent.guardrails.forms import Forms
from agent.guardrails.rulebook import Finding, Rule, Rulebook, get_rulebook
from agent.journal import Note
from agent.models import RuleContent
from agent.patterns import SlowPatternError
from agent.types import MAX_QUESTION, HandOver, Question
from tickets.models import Ticket

Action = RuleContent.Action
Stage = RuleContent.Stage

# After this no more rules are asked, if one of them was too slow.
SCREEN_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that applies. `example` is what the words resemble, if meaning and not words told."""

    rule: str
    reason: str
    route: str
    words: str
    explanation: str = ""
    action: str = Action.ROUTE
    example: str = ""
    score: float | None = None

    def describe(self) -> str:
        """Why, for staff."""
        if self.explanation:
            return self.explanation
        values = {"rule": self.rule, "words": self.words[:160], "example": self.example[:160]}
        if self.example:
            return _("Rule “%(rule)s”: “%(words)s” is like “%(example)s”.") % values
        return _("Rule “%(rule)s”: “%(words)s”.") % values

    def detail(self) -> dict[str, object]:
        """For a run's step: what is empty is not shown."""
        return {
            "rule": self.rule,
            "action": str(Action(self.action).label),
            "reason": self.reason,
            "route": self.route,
            "words": self.words[:200],
            "like": self.example[:200],
            "score": self.score,
        }

    def hand_over(self) -> HandOver:
        return HandOver(self.reason, self.describe(), self.route)


@dataclass(frozen=True, slots=True)
class Screened:
    """What decides, None if the text may go on, and what staff should know of it all the same."""

    hit: Hit | None = None
    warnings: tuple[Hit, ...] = ()

    def write(self, note: Note) -> None:
        """Notes on a run's step what applies."""
        if self.hit:
            note.title = self.hit.rule
            note.detail.update(self.hit.detail())
        elif self.warnings:
            note.title = ", ".join(warning.rule for warning in self.warnings)
        if self.warnings:
            note.detail["warnings"] = [warning.detail() for warning in self.warnings]


def screen(question: Question, *, book: Rulebook | None = None) -> Screened:
    """What the rules find in what the customer wrote.

    Hidden text is looked at for attempts to instruct the agent only: the customer may not know
    of it, and no model sees it. A rule that takes too long catches nothing; unless another one
    does, a person looks instead. The rules are those in force, or those of the `book`.
    """
    book = book or get_rulebook()
    shown = book.read(question.full_text)
    hidden = book.read(question.hidden[-MAX_QUESTION:])
    rules = [rule for rule in book.rules if rule.looks_at(Stage.BEFORE)]

    def list_forms(rule: Rule) -> list[Forms]:
        return [shown, hidden] if rule.reason == Ticket.Reason.INJECTION else [shown]

    return ask(rules, list_forms)


def ask(rules: Sequence[Rule], list_forms: Callable[[Rule], list[Forms]]) -> Screened:
    """What decides, and what only warns. Words are surer than meaning: the first rule whose words
    are there decides, and only without one the rule whose meaning is the clearest."""
    by_words, slow = _find_words(rules, list_forms)
    found = list(by_words)
    if not any(hit.action != Action.WARN for hit in found):
        known = {hit.rule for hit in found}
        found += _find_meaning([rule for rule in rules if rule.name not in known], list_forms)
    deciding = next((hit for hit in found if hit.action != Action.WARN), None)
    if deciding is None and slow:
        deciding = _unchecked(slow)
    return Screened(deciding, tuple(hit for hit in found if hit.action == Action.WARN))


def _find_words(
    rules: Sequence[Rule], list_forms: Callable[[Rule], list[Forms]]
) -> tuple[list[Hit], Rule | None]:
    """Up to the first that decides, in the rules' order, and a rule that took too long."""
    hits: list[Hit] = []
    slow: Rule | None = None
    deadline = time.monotonic() + SCREEN_SECONDS
    for rule in rules:
        try:
            finding = next(filter(None, map(rule.find_words, list_forms(rule))), None)
        except SlowPatternError:
            slow = slow or rule
            finding = None
        if finding:
            hits.append(_hit(rule, finding))
            if rule.action != Action.WARN:
                break
        if slow and time.monotonic() > deadline:
            break
    return hits, slow


def _find_meaning(rules: Sequence[Rule], list_forms: Callable[[Rule], list[Forms]]) -> list[Hit]:
    """All that apply, the clearest first."""
    hits = [
        _hit(rule, finding)
        for rule in rules
        for finding in map(rule.find_meaning, list_forms(rule))
        if finding
    ]
    return sorted(hits, key=lambda hit: -(hit.score or 0))


def _hit(rule: Rule, finding: Finding) -> Hit:
    return Hit(
        rule=rule.name,
        reason=rule.reason,
        route=rule.route,
        words=finding.words,
        action=rule.action,
        example=finding.example,
        score=finding.score,
    )


def _unchecked(rule: Rule) -> Hit:
    why = _("The rule “%(rule)s” took too long on this message, so a person looks at it.")
    return Hit(rule.name, Ticket.Reason.FAILURE, rule.route, "", why % {"rule": rule.name})
