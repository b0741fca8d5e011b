"""The figures: what is caught, what is caught wrongly, and how long it takes."""

import dataclasses
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent import meaning
from agent.guardrails import rulebook
from agent.guardrails.defaults import DEFAULTS
from agent.guardrails.rulebook import Rule, Rulebook
from agent.guardrails.screening import ask
from agent.models import GuardrailRule
from agent.plaintext import read
from benchmarks.guardrails.data import is_validation, read_texts

_SHORT = 140  # characters of a message that counts as short


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of a set, and of its two parts, a rule catches."""

    validation: tuple[int, int]
    test: tuple[int, int]

    @property
    def whole(self) -> tuple[int, int]:
        return self.validation[0] + self.test[0], self.validation[1] + self.test[1]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A rule's verdicts against what the texts are labelled as."""

    right: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.false) if self.right else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.false + self.missed)


@dataclass(frozen=True, slots=True)
class Figures:
    """`attacks` are caught by the rule itself, `attacks_by_words` by its patterns alone; a false
    alarm is an ordinary text that all rules together call an attack. Milliseconds are of all of
    them on a short message that no process has seen, with and without the time of its vectors."""

    attacks: Rate
    attacks_by_words: Rate
    false_alarms: dict[str, Rate]
    wishes: dict[str, Agreement]
    milliseconds_p50: float
    milliseconds_p95: float
    milliseconds_p95_without_vectors: float


def measure(folder: Path) -> Figures:
    """Takes a minute or two. Raises DataMissing."""
    texts = read_texts(folder)
    book = build_shipped_rules()
    injection, human = (
        next(rule for rule in book.rules if rule.reason == reason and rule.looks_at("before"))
        for reason in ("injection", "human_request")
    )
    by_words = dataclasses.replace(injection, head=None)
    times = _time_all([text for text in texts.ordinary["Banking77"] if len(text) <= _SHORT], book)
    again = _time_all([text for text, _ in texts.wishes[:200]], book, known=True)
    return Figures(
        attacks=_rate(texts.attacks, lambda text: _applies(injection, text, book)),
        attacks_by_words=_rate(texts.attacks, lambda text: _applies(by_words, text, book)),
        false_alarms={
            name: _rate(ordinary, lambda text: _decide(text, book) == injection.name)
            for name, ordinary in texts.ordinary.items()
        },
        wishes={
            name: _agree(part, human, book)
            for name, part in (
                ("validation", [pair for pair in texts.wishes if is_validation(pair[0])]),
                ("test", [pair for pair in texts.wishes if not is_validation(pair[0])]),
                ("whole", texts.wishes),
            )
        },
        milliseconds_p50=statistics.median(times),
        milliseconds_p95=_p95(times),
        milliseconds_p95_without_vectors=_p95(again),
    )


def build_shipped_rules() -> Rulebook:
    """The rules of a new desk, in their order, without a database."""
    rows = [GuardrailRule(**dataclasses.asdict(default)) for default in DEFAULTS]
    return rulebook.build([rulebook.make_rule(row.name, row, rulebook.learn(row)) for row in rows])


def _applies(rule: Rule, text: str, book: Rulebook) -> bool:
    message = read(text)
    return any(rule.find(book.read(part)) for part in (message.shown, message.hidden))


def _decide(text: str, book: Rulebook) -> str:
    """The rule that decides when all are asked, "" if none does."""
    message = read(text)
    shown, hidden = book.read(message.shown), book.read(message.hidden)
    rules = [rule for rule in book.rules if rule.looks_at("before")]
    hit = ask(rules, lambda rule: [shown, hidden] if rule.reason == "injection" else [shown]).hit
    return hit.rule if hit else ""


def _rate(texts: Sequence[str], caught: Callable[[str], bool]) -> Rate:
    verdicts = [(is_validation(text), caught(text)) for text in texts]
    validation = [verdict for is_first, verdict in verdicts if is_first]
    test = [verdict for is_first, verdict in verdicts if not is_first]
    return Rate((sum(validation), len(validation)), (sum(test), len(test)))


def _agree(pairs: Sequence[tuple[str, bool]], rule: Rule, book: Rulebook) -> Agreement:
    verdicts = [(_applies(rule, text, book), wished) for text, wished in pairs]
    return Agreement(
        right=verdicts.count((True, True)),
        false=verdicts.count((True, False)),
        missed=verdicts.count((False, True)),
    )


def _time_all(texts: Sequence[str], book: Rulebook, *, known: bool = False) -> list[float]:
    """Milliseconds of all the rules that look at messages, on each of at most 300 texts."""
    rules = [rule for rule in book.rules if rule.looks_at("before")]
    times = []
    for text in texts[:300]:
        if known:
            _ = book.read(read(text).shown).vectors
        else:
            meaning.embed.cache_clear()
        started = time.perf_counter()
        forms = book.read(read(text).shown)
        for rule in rules:
            rule.find(forms)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]
