"""Search over the published knowledge: full text and vectors, fused in one round trip.

Full text is an OR of the query's words, since a customer's sentence never occurs whole. For each
word that it shares with the query, a passage scores the word's rarity (BM25's idf) times its
weight in the passage (`knowledge.words`); the sum is divided by what every word together could
score. So `text_rank` is the share of the query's weight that the passage has words for, comparable
with the cosine, and the two are added as they stand. `benchmarks/retrieval` measures what it
finds, `benchmarks/search` how fast.

No step's cost grows with the knowledge: of each word only the passages with the highest weights
are read, of the vectors the nearest by the graph, and only those are scored, over all words.
"""

import json
import logging
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from knowledge.embeddings import EmbeddingError
from knowledge.languages import CONFIGURATIONS, base_language
from knowledge.models import Article, EmbeddingIndex
from knowledge.statements import by_words, by_words_and_vectors, with_preview
from knowledge.types import FoundPassage, Preview
from knowledge.unseen import visible_characters
from knowledge.vectors import get_active_index, open_embedder
from knowledge.words import READ_PER_WORD

logger = logging.getLogger(__name__)

_ATTEMPTS = 3
_MAX_QUERY = 4000
# Of the help pages' results, those that fit less than this part of the best one are noise.
_NOISE = 0.4


@dataclass(frozen=True, slots=True)
class Tuning:
    """How far a search looks. The share was chosen on the validation questions of
    benchmarks/retrieval, the rest by recall against time in benchmarks/search."""

    # Of the words in the fused score.
    text_share: float = 0.4
    # Scored in full: so many that fit the words, and so many that fit the meaning.
    candidates: int = 100
    # Of a word's passages, and of a query's words that more passages than those have.
    read_per_word: int = READ_PER_WORD
    frequent_words: int = 10
    # Neighbours that the walk through the HNSW graph keeps in sight.
    ef_search: int = 200


DEFAULT = Tuning()


def search_passages(
    query: str,
    *,
    limit: int = 5,
    language: str | None = None,
    product: str | None = None,
    include_internal: bool = False,
    tuning: Tuning = DEFAULT,
    preview: Preview | None = None,
) -> list[FoundPassage]:
    """The published passages, true today, that fit the query best, best first; [] for a blank one.

    Embeds the query, hence may be slow or call a network: no transaction should be open. It takes
    the model whose vectors are searched, whatever the settings name by now; while that one cannot
    be had, it searches the words alone. `language` is a code such as `en`, which takes in `en-GB`;
    `product` takes in articles that are about all products. Internal articles are left out unless
    asked for. With a `preview` the articles count as they would be.
    """
    cleaned = _clean(query)
    if not cleaned:
        return []
    parameters = _parameters(
        cleaned,
        language=language,
        product=product,
        include_internal=include_internal,
        limit=limit,
        tuning=tuning,
    )
    found: list[FoundPassage] = []
    for _attempt in range(_ATTEMPTS):
        index = get_active_index()
        vector = _embed(cleaned, index) if index else None
        if index is None or vector is None:
            return _run(by_words(), parameters, preview)
        parameters["vector"] = json.dumps(vector)
        found = _run(by_words_and_vectors(index), parameters, preview)
        # Without any similarity, another index may have been swapped in before the statement.
        if any(passage.similarity is not None for passage in found) or _is_active(index):
            break
    return found


def search_help(query: str, *, limit: int = 20) -> list[FoundPassage]:
    """The public articles that fit the words best, each with its best passage.

    For the public pages: loads no model. The last word may be unfinished.
    """
    cleaned = _clean(query)
    if not cleaned:
        return []
    parameters = _parameters(cleaned, limit=DEFAULT.candidates)
    *before, last = cleaned.split()
    if re.fullmatch(r"\w{2,40}", last):
        parameters |= {"query": " ".join(before), "beginning": last}
    best: dict[int, FoundPassage] = {}
    for found in _run(by_words(), parameters):
        best.setdefault(found.article_id, found)
    results = list(best.values())[:limit]
    return [found for found in results if found.score >= _NOISE * results[0].score]


def _clean(query: str) -> str:
    return query.replace("\0", " ").strip()[:_MAX_QUERY]


def _embed(query: str, index: EmbeddingIndex) -> list[float] | None:
    embedder = open_embedder(index)
    try:
        return embedder.embed([query])[0] if embedder else None
    except EmbeddingError as error:
        logger.warning("knowledge.query_not_embedded", extra={"reason": str(error)})
        return None


def _is_active(index: EmbeddingIndex) -> bool:
    active = get_active_index()
    return active is not None and active.pk == index.pk


def _parameters(
    query: str,
    *,
    limit: int,
    language: str | None = None,
    product: str | None = None,
    include_internal: bool = False,
    tuning: Tuning = DEFAULT,
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
        "language": base_language(language) if language else None,
        "product": product,
        "today": timezone.localdate(),
        "share": tuning.text_share,
        "read_per_word": tuning.read_per_word,
        "frequent_words": tuning.frequent_words,
        "ef_search": str(tuning.ef_search),
        "candidates": max(tuning.candidates, limit),
        "limit": limit,
    }


def _run(
    statement: str, parameters: dict[str, Any], preview: Preview | None = None
) -> list[FoundPassage]:
    if preview is not None:
        statement = with_preview(statement)
        parameters |= {"shown": list(preview.shown), "hidden": list(preview.hidden)}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        while cursor.nextset():
            pass
        return [
            FoundPassage(
                passage_id=row[0],
                article_id=row[1],
                title=visible_characters(row[2]),
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
