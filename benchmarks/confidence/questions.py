"""The questions that the weights are fitted on and tried with, each with what the search found."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.candidates import put_title_first, read_candidates
from agent.confidence import Figures, weigh
from agent.evaluation.cases import Case, read_cases
from agent.evaluation.outcomes import build_question
from agent.evaluation.trial import try_question
from agent.quoting import quote
from knowledge.models import Article

_ROOT = Path(__file__).parents[2]
_MESSAGES = "sample_company/messages.yaml"
# The file, and how many of its cases follow each other before the part changes: of the short
# questions one that is answered and one that is not. 0: all are fitted on.
_FILES = (
    ("tests/agent/everyday_questions.yaml", 0),
    (_MESSAGES, 1),
    ("tests/agent/near_misses.yaml", 1),
    ("tests/agent/short_questions.yaml", 2),
)
# What customers also say. A question is no more and no less answered for it.
_CIRCUMSTANCES = (
    "We are a design studio of twelve people and have worked with you since last year.",
    "Hello, I have looked around for a while and asked two colleagues as well.",
    "My boss wants to know this before our meeting on Thursday.",
    "We moved here from another tool two months ago and are happy so far.",
    "Sorry to bother you on a Friday afternoon.",
    "I am new in the team and still finding my way around.",
    "This came up today while I was preparing next week.",
)
TUNED, UNSEEN, HELD_OUT = PARTS = ("tuned", "unseen", "held out")


@dataclass(frozen=True, slots=True)
class Tried:
    """A question that reached the search. `figures` is None where something rules an answer out;
    `is_right` says that what would be quoted answers it."""

    part: str
    figures: Figures | None
    is_answerable: bool
    is_right: bool


def try_questions() -> Iterator[Tried]:
    """Asks them of the articles in the configured database. Slow."""
    slugs = dict(Article.objects.values_list("pk", "slug"))
    for file, together in _FILES:
        cases = _split(read_cases(_ROOT / file), together)
        for case, part in cases if file == _MESSAGES else _repeat(cases):
            tried = _try(case, part, slugs)
            if tried is not None:
                yield tried


def _split(cases: Sequence[Case], together: int) -> Iterator[tuple[Case, str]]:
    usual = [case for case in cases if not case.is_held_out]
    for place, case in enumerate(usual):
        yield case, UNSEEN if together and place // together % 2 else TUNED
    for case in cases:
        if case.is_held_out:
            yield case, HELD_OUT


def _repeat(cases: Iterator[tuple[Case, str]]) -> Iterator[tuple[Case, str]]:
    """Each as it stands and once behind a sentence that tells something else."""
    for place, (case, part) in enumerate(cases):
        yield case, part
        message = f"{_CIRCUMSTANCES[place % len(_CIRCUMSTANCES)]} {case.message}"
        yield case.model_copy(update={"message": message}), part


def _try(case: Case, part: str, slugs: dict[int, str]) -> Tried | None:
    """None if a rule decides before anything is searched."""
    question = build_question(case)
    found = _first_search(try_question(question).journal.dump())
    if found is None:
        return None
    is_answerable = case.expect.action == "answer"
    candidates = read_candidates([json.dumps(found)])
    if not candidates:
        return Tried(part, None, is_answerable, is_right=False)
    text = question.full_text
    candidates = put_title_first(text, candidates)
    best = candidates[0].article
    quoted = quote(text, [one for one in candidates if one.article == best])
    is_right = (
        is_answerable
        and slugs[best] in case.expect.articles
        and all(words.lower() in quoted.text.lower() for words in case.expect.says)
    )
    return Tried(part, weigh(text, candidates, quoted), is_answerable, is_right)


def _first_search(steps: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """What the first search returned, which is that for the whole question."""
    for step in steps:
        result = step["detail"].get("result", {})
        if step["kind"] == "tool" and "passages" in result:
            return dict(result)
    return None
