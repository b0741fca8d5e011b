"""Emotions, on sentences that nothing was learned from: made up by the developers, as those that
were learned from are, in other words. VADER alone and the word rule stand beside them."""

from collections.abc import Callable

from agent.emotions.sentences import Sentence, read_held_out
from agent.lexicon import features, guess_score
from agent.sentiment import read_mood
from benchmarks.eval.figures import Figure

_UNHAPPY = frozenset({"anger", "frustration"})
_WORDS = -0.25  # the rule's score from which a message counts as unhappy
_VADER = -0.05  # as VADER's authors recommend


def measure_moods() -> list[Figure]:
    sentences = read_held_out()
    right = [read_mood(each.text).emotion == each.emotion for each in sentences]
    found: dict[str, Callable[[str], bool]] = {
        "heads": lambda text: read_mood(text).emotion in _UNHAPPY,
        "the word rule": lambda text: guess_score(text) <= _WORDS,
        "VADER": lambda text: features(text)["words"] <= _VADER,
    }
    note = f"{len(sentences)} sentences made up for it, five emotions"
    return [
        Figure("emotions", "right emotion", 100 * sum(right) / len(right), note=note),
        *(_find(name, method, sentences) for name, method in found.items()),
    ]


def _find(name: str, is_unhappy: Callable[[str], bool], sentences: list[Sentence]) -> Figure:
    unhappy = [is_unhappy(each.text) for each in sentences if each.emotion in _UNHAPPY]
    others = [is_unhappy(each.text) for each in sentences if each.emotion not in _UNHAPPY]
    note = f"false alarms {100 * sum(others) / len(others):.1f} %"
    return Figure(
        "emotions", f"unhappy found by {name}", 100 * sum(unhappy) / len(unhappy), note=note
    )
