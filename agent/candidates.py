"""What a search found, as a model reads it out of a tool's result or code out of the search."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agent.likeness import dot, embed_known, embed_question
from knowledge.search import DEFAULT
from knowledge.types import FoundPassage

# A title that says nearly what the question says. Of 40 questions that the sample company's help
# centre does not answer none comes nearer to a title than 0.64; a longer question that tells more
# is left to the search.
NEAR_TITLE = 0.8


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may hold the answer."""

    id: int
    article: int
    title: str
    headings: str
    text: str
    similarity: float
    text_rank: float

    @property
    def fit(self) -> float:
        """How well it fits in meaning and words, weighed as the search does; in 0..1 as a rule."""
        return (1 - DEFAULT.text_share) * self.similarity + DEFAULT.text_share * self.text_rank

    @property
    def everything(self) -> str:
        return f"{self.title}\n{self.headings}\n{self.text}"


def as_candidate(passage: FoundPassage) -> Candidate:
    return Candidate(
        id=passage.passage_id,
        article=passage.article_id,
        title=passage.title,
        headings=passage.heading_path,
        text=passage.text,
        similarity=passage.similarity or 0.0,
        text_rank=passage.text_rank,
    )


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


def put_title_first(question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, those of the article first whose title nearly is the question."""
    titles = list(dict.fromkeys(candidate.title for candidate in candidates))
    asked = embed_question(question)
    likeness = {
        title: dot(asked, vector) for title, vector in zip(titles, embed_known(titles), strict=True)
    }
    nearest = max(titles, key=lambda title: likeness[title])
    if likeness[nearest] < NEAR_TITLE:
        return list(candidates)
    return sorted(candidates, key=lambda candidate: candidate.title != nearest)
