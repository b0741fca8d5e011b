"""Search over the published knowledge: full text and vectors, fused in one round trip.

Full text is an OR of the query's words, since a customer's sentence never occurs whole. For each
word that it shares with the query, a passage scores the word's rarity (BM25's idf) times the
word's saturated rank in the passage; the sum is divided by what every word together could score.
So `text_rank` is the share of the query's weight that the passage has words for, comparable with
the cosine, and the two are averaged as they stand. `tests/knowledge/measure_search.py` measures
this against the alternatives.
"""

import json
import re
from typing import Any

from django.db import connection
from django.urls import reverse

from knowledge.embeddings import get_embedder
from knowledge.languages import CONFIGURATIONS
from knowledge.models import Article
from knowledge.statements import by_words, by_words_and_vectors
from knowledge.types import FoundPassage
from knowledge.vectors import get_active_index

TEXT_SHARE = 0.5
_CANDIDATES = 50
_MAX_QUERY = 4000
# Of the help pages' results, those that fit less than this part of the best one are noise.
_NOISE = 0.4


def search_passages(
    query: str, *, limit: int = 5, language: str | None = None, include_internal: bool = False
) -> list[FoundPassage]:
    """The published passages that fit the query best, best first; [] for a blank query.

    Embeds the query, hence may be slow or call a network: no transaction should be open. Without
    vectors of the current embedding model it searches the words alone. `language` is a code such
    as `en`, which takes in `en-GB`. Internal articles are left out unless asked for.
    """
    cleaned = _clean(query)
    if not cleaned:
        return []
    embedder = get_embedder()
    index = get_active_index(embedder)
    parameters = _parameters(cleaned, language, include_internal, limit)
    if index is None:
        return _run(by_words(), parameters)
    parameters["vector"] = json.dumps(embedder.embed([cleaned])[0])
    return _run(by_words_and_vectors(index), parameters)


def search_help(query: str, *, limit: int = 20) -> list[FoundPassage]:
    """The public articles that fit the words best, each with its best passage.

    For the public pages: loads no model. The last word may be unfinished.
    """
    cleaned = _clean(query)
    if not cleaned:
        return []
    parameters = _parameters(cleaned, None, False, _CANDIDATES)
    *before, last = cleaned.split()
    if re.fullmatch(r"\w{2,40}", last):
        parameters |= {"query": " ".join(before), "beginning": f"{last}:*"}
    best: dict[int, FoundPassage] = {}
    for found in _run(by_words(), parameters):
        best.setdefault(found.article_id, found)
    results = list(best.values())[:limit]
    return [found for found in results if found.score >= _NOISE * results[0].score]


def _clean(query: str) -> str:
    return query.replace("\0", " ").strip()[:_MAX_QUERY]


def _parameters(
    query: str, language: str | None, include_internal: bool, limit: int
) -> dict[str, Any]:
    audiences = [Article.Audience.PUBLIC.value]
    if include_internal:
        audiences.append(Article.Audience.INTERNAL.value)
    return {
        "query": query,
        "beginning": "",
        "configurations": json.dumps(CONFIGURATIONS),
        "published": Article.State.PUBLISHED.value,
        "audiences": audiences,
        "language": language.partition("-")[0].lower() if language else None,
        "candidates": _CANDIDATES,
        "share": TEXT_SHARE,
        "limit": limit,
    }


def _run(statement: str, parameters: dict[str, Any]) -> list[FoundPassage]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        while cursor.nextset():
            pass
        return [
            FoundPassage(
                passage_id=row[0],
                article_id=row[1],
                title=row[2],
                heading_path=row[3],
                text=row[4],
                url=reverse("knowledge:article", args=[row[5]]) + (f"#{row[6]}" if row[6] else ""),
                audience=row[7],
                score=row[8],
                similarity=row[9],
                text_rank=row[10],
            )
            for row in cursor.fetchall()
        ]
