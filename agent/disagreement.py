"""Two articles that say different things of the same matter: a person has to decide."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.candidates import Candidate, as_candidate
from agent.likeness import dot
from agent.plaintext import from_markdown
from agent.wording import content_words, is_negated, split_sentences
from knowledge.embeddings import get_embedder
from knowledge.types import FoundPassage

# Sentences that mean so nearly the same are about the same matter. Over all pairs of sentences of
# the sample company's articles, which do not contradict each other, the highest that shares its
# words but not its numbers or noes has 0.84.
SAME_MATTER = 0.88
SAME_WORDS = 0.6
MAX_COMPARED = 24

_MEASURE = re.compile(
    r"(?P<sign>[€$£])?\s?(?P<value>\d+(?:[.,]\d+)?)\s?(?P<unit>%|[a-zA-Z€$£]+)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What one article says, and what another says of the same matter."""

    claim: str
    counterclaim: str
    other: Candidate

    def describe(self, source: Candidate) -> str:
        """A sentence for staff that names both articles; the claim is the source's."""
        return (
            f"Two articles disagree. “{source.title}”: “{self.claim[:200]}” "
            f"“{self.other.title}”: “{self.counterclaim[:200]}”"
        )


def find_objection(
    answer: str, cited: Sequence[FoundPassage], *, retrieved: Sequence[FoundPassage]
) -> str:
    """A sentence for staff that names the articles where another one that was found contradicts
    an answer, or one of those that it rests on does; "" if none."""
    articles = {passage.article_id for passage in cited}
    others = [
        as_candidate(passage)
        for passage in retrieved
        if passage.audience == "public" and articles != {passage.article_id}
    ]
    found = find_contradiction(answer, others) if cited else None
    return found.describe(as_candidate(cited[0])) if found else ""


def find_contradiction(answer: str, others: Sequence[Candidate]) -> Disagreement | None:
    """The first sentence of another article that contradicts the answer.

    Contradicting is a sentence on the same matter with another number of the same unit, or with
    a "not" that the other lacks. Passages that other articles merely share words with are none.
    """
    claims = [
        sentence for sentence in split_sentences(from_markdown(answer)) if content_words(sentence)
    ]
    pairs = [
        (claim, sentence, other)
        for other in others
        for sentence in split_sentences(from_markdown(other.text))
        for claim in claims
        if _share(claim, sentence) >= SAME_WORDS and _differ(claim, sentence)
    ][:MAX_COMPARED]
    if not pairs:
        return None
    vectors = get_embedder().embed([text for claim, said, _ in pairs for text in (claim, said)])
    for index, (claim, said, other) in enumerate(pairs):
        if dot(vectors[2 * index], vectors[2 * index + 1]) >= SAME_MATTER:
            return Disagreement(claim, said, other)
    return None


def _differ(claim: str, sentence: str) -> bool:
    mine, theirs = _measures(claim), _measures(sentence)
    conflicting = any(unit in theirs and mine[unit] != theirs[unit] for unit in mine)
    return conflicting or is_negated(claim) != is_negated(sentence)


def _measures(text: str) -> dict[str, set[str]]:
    """The numbers of a text by what they count: {"day": {"14"}, "€": {"9"}}."""
    found: dict[str, set[str]] = {}
    for match in _MEASURE.finditer(text):
        unit = (match["sign"] or match["unit"] or "").lower().rstrip("s")
        if unit:
            found.setdefault(unit, set()).add(match["value"].replace(",", "."))
    return found


def _share(claim: str, sentence: str) -> float:
    mine, theirs = content_words(claim), content_words(sentence)
    smaller = min(len(mine), len(theirs))
    return len(mine & theirs) / smaller if smaller >= 3 else 0.0
