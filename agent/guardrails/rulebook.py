"""The rules in force, made ready to be asked: once per process, until one of them changes."""

import functools
import re
import threading
from collections.abc import Set
from dataclasses import dataclass

from django.db.models import QuerySet

from agent import meaning, patterns
from agent.guardrails import heads
from agent.guardrails.disguises import COMMON_WORDS
from agent.guardrails.forms import Forms
from agent.models import RuleContent, RuleInForce
from agent.patterns import list_lines
from crm.remembered import Remembered

_WORD = re.compile(r"[^\W\d_]{2,20}")


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a rule applies: words of the text, or its passage that means what an example says."""

    words: str
    example: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in force. Its name, order and team are those of the row."""

    name: str
    reason: str
    route: str
    stage: str
    action: str
    patterns: str
    examples: tuple[str, ...]
    threshold: float
    head: heads.Head | None

    def looks_at(self, stage: str) -> bool:
        if self.stage == RuleContent.Stage.BOTH:
            return stage in {RuleContent.Stage.BEFORE, RuleContent.Stage.AFTER}
        return self.stage == stage

    def find(self, forms: Forms) -> Finding | None:
        """By words first, then by meaning. Raises SlowPatternError if the words take too long."""
        return self.find_words(forms) or self.find_meaning(forms)

    def find_words(self, forms: Forms) -> Finding | None:
        for wording in forms.wordings:
            words = patterns.find(self.patterns, wording)
            if words:
                return Finding(words)
        return None

    def find_meaning(self, forms: Forms) -> Finding | None:
        if self.head is None or not forms.passages:
            return None
        scores = self.head.score(forms.vectors)
        best = int(scores.argmax())
        if scores[best] < self.threshold:
            return None
        example = self.examples[self.head.nearest(forms.vectors[best])]
        return Finding(forms.passages[best], example, round(float(scores[best]), 2))


@dataclass(frozen=True, slots=True)
class Rulebook:
    """`rules` in their order; `vocabulary` are the words that spelled letters are joined to."""

    rules: tuple[Rule, ...]
    vocabulary: Set[str]

    def read(self, text: str) -> Forms:
        return Forms(text, self.vocabulary)


def get_rulebook() -> Rulebook:
    """What is in force: a change counts within a second (`Remembered`), and only after one the
    rows are read again."""
    return _shelf.take()


class _Shelf:
    """The process's one rulebook, with the marks of the rows that it was made from."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marks: tuple[object, ...] = ()
        self._book = Rulebook((), frozenset())
        self._rows = Remembered(_list_marks)

    def take(self) -> Rulebook:
        marks = (meaning.model_name(), *self._rows.get())
        with self._lock:
            if self._marks != marks:
                rows = _list_in_force().select_related("rule")
                self._book = build([_prepare(row) for row in rows])
                self._marks = marks
            return self._book


def _list_marks() -> list[tuple[object, ...]]:
    return list(_list_in_force().values_list("pk", "since", "rule__priority", "rule__name"))


def _list_in_force() -> QuerySet[RuleInForce]:
    return RuleInForce.objects.filter(rule__enabled=True).order_by("rule__priority", "rule__name")


_shelf = _Shelf()


def build(rules: list[Rule]) -> Rulebook:
    taught = [word for rule in rules for line in rule.examples for word in _list_words(line)]
    return Rulebook(tuple(rules), COMMON_WORDS.union(taught))


def make_rule(name: str, content: RuleContent, head: heads.Head | None) -> Rule:
    return Rule(
        name=name,
        reason=content.reason,
        route=content.route,
        stage=content.stage,
        action=content.action,
        patterns=content.patterns,
        examples=tuple(list_lines(content.examples)),
        threshold=content.threshold,
        head=head,
    )


def learn(content: RuleContent) -> heads.Head | None:
    """What the example sentences teach; None where there are none. Slow."""
    examples = tuple(list_lines(content.examples))
    return heads.learn(examples, tuple(list_lines(content.must_not_match))) if examples else None


def _prepare(row: RuleInForce) -> Rule:
    """The rule with what it learned. Where that is missing, as on a new desk, or belongs to a
    model of before, it is learned here and kept, so that no message passes by words alone."""
    if not list_lines(row.examples):
        return make_rule(row.rule.name, row, None)
    if row.embedding_model == meaning.model_name():
        head = heads.restore(row.embedding_model, bytes(row.weights), bytes(row.vectors))
        return make_rule(row.rule.name, row, head)
    head = heads.learn(tuple(list_lines(row.examples)), tuple(list_lines(row.must_not_match)))
    RuleInForce.objects.filter(pk=row.pk, since=row.since).update(**store(head))
    return make_rule(row.rule.name, row, head)


def store(head: heads.Head) -> dict[str, str | bytes]:
    """The fields of a RuleInForce that keep what was learned."""
    return {
        "embedding_model": head.model,
        "weights": head.weights.tobytes(),
        "vectors": head.vectors.tobytes(),
    }


@functools.lru_cache(maxsize=1024)
def _list_words(line: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(line))
