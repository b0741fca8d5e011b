"""How the offline model finds an answer in passages: the sentences that fit, word for word."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agent.plaintext import from_markdown
from agent.wording import content_words, is_item, is_numbered, split_sentences
from knowledge.embeddings import get_embedder

MAX_SENTENCES = 6
MAX_STEPS = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage as a search result tells of it."""

    id: int
    article: int
    title: str
    headings: str
    text: str
    similarity: float
    text_rank: float

    @property
    def fit(self) -> float:
        return (self.similarity + self.text_rank) / 2


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    passage_id: int
    score: float


def read_candidates(results: Sequence[str]) -> list[Candidate]:
    """The public passages of search results in JSON, best first, each once."""
    found: dict[int, Candidate] = {}
    for result in results:
        for row in json.loads(result).get("passages", ()):
            if row["audience"] != "public":
                continue
            candidate = Candidate(
                id=row["id"],
                article=row["article"],
                title=row["title"],
                headings=row["headings"],
                text=row["text"],
                similarity=row["similarity"] or 0.0,
                text_rank=row["text_rank"],
            )
            known = found.get(candidate.id)
            if known is None or candidate.fit > known.fit:
                found[candidate.id] = candidate
    return sorted(found.values(), key=lambda candidate: -candidate.fit)


def quote(question: str, candidate: Candidate) -> Quote:
    """The consecutive sentences, or the whole numbered list, that fit the question best."""
    sentences = split_sentences(from_markdown(candidate.text))
    if not sentences:
        return Quote("", candidate.id, 0.0)
    scores = _score(question, sentences)
    best = max(range(len(sentences)), key=lambda index: (scores[index], -index))
    start, end = _widen(sentences, scores, best)
    return Quote(_join(sentences[start:end]), candidate.id, scores[best])


def _score(question: str, sentences: Sequence[str]) -> list[float]:
    """For each sentence the mean of its likeness in meaning and in words."""
    wanted = content_words(question)
    vectors = get_embedder().embed([question, *sentences])
    return [
        (_dot(vectors[0], vector) + _share(wanted, content_words(sentence))) / 2
        for vector, sentence in zip(vectors[1:], sentences, strict=True)
    ]


def _widen(sentences: Sequence[str], scores: Sequence[float], best: int) -> tuple[int, int]:
    """The bounds of what is quoted around the best sentence: the list that it belongs to or
    introduces, else its neighbours while they fit about as well."""
    start, end = best, best + 1
    if _opens_list(sentences, best):
        end = best + 2
    if is_item(sentences[end - 1]):
        while start > 0 and is_item(sentences[start - 1]):
            start -= 1
        while end < len(sentences) and is_item(sentences[end]) and end - start < MAX_STEPS:
            end += 1
        if start > 0 and sentences[start - 1].endswith(":"):
            start -= 1
        return start, end
    enough = 0.6 * scores[best]
    while end - start < MAX_SENTENCES:
        before = scores[start - 1] if start > 0 and not is_item(sentences[start - 1]) else -1.0
        after = scores[end] if end < len(sentences) and not is_item(sentences[end]) else -1.0
        if max(before, after) < enough:
            break
        if after >= before:
            end += 1
        else:
            start -= 1
    if sentences[end - 1].endswith(":"):
        return _widen_list(sentences, start, end)
    return start, end


def _widen_list(sentences: Sequence[str], start: int, end: int) -> tuple[int, int]:
    while end < len(sentences) and is_item(sentences[end]) and end - start < MAX_STEPS:
        end += 1
    return start, end


def _opens_list(sentences: Sequence[str], index: int) -> bool:
    following = index + 1 < len(sentences) and is_item(sentences[index + 1])
    return following and (sentences[index].endswith(":") or is_numbered(sentences[index + 1]))


def _join(sentences: Sequence[str]) -> str:
    text = ""
    for sentence in sentences:
        if is_item(sentence):
            text += f"\n{sentence}"
        else:
            text += (
                f" {sentence}"
                if text and not is_item(text.rsplit("\n", 1)[-1])
                else (f"\n\n{sentence}" if text else sentence)
            )
    return text.strip()


def _share(wanted: set[str], words: set[str]) -> float:
    return len(wanted & words) / len(wanted) if wanted else 0.0


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
