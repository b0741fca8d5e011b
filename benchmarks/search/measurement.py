"""How fast a search is, and how much of what an exhaustive one finds it finds too."""

import json
import math
import time
from dataclasses import dataclass

from django.db import connection

from benchmarks import processor
from knowledge.embeddings import get_embedder
from knowledge.models import EmbeddingIndex
from knowledge.search import DEFAULT, Tuning, search_passages
from knowledge.vectors import column_type, get_active_index

# Reads every posting, and so many neighbours that the graph is as good as a scan.
EXHAUSTIVE = Tuning(read_per_word=10**9, frequent_words=10**6, candidates=2000, ef_search=1000)


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds of a search as the agent calls it, and of its embedding alone; processor time
    of a search, this process' and the database's, which other load on the machine leaves as it
    is; shares of the exact top ten: of the vectors' by the graph, and of the fused ones by the
    whole search."""

    passages: int
    searches: int
    p50: float
    p95: float
    p99: float
    cpu: float
    embedding_p50: float
    recall: float
    agreement: float


def measure_speed(queries: list[str], *, rounds: int, compared: int) -> Speed:
    for query in queries[:20]:
        search_passages(query, limit=8)
    times: list[float] = []
    cpu = processor.here()
    for query in queries * rounds:
        begin = time.perf_counter()
        search_passages(query, limit=8, include_internal=True)
        times.append(1000 * (time.perf_counter() - begin))
    cpu = 1000 * (processor.here() - cpu) / len(times)
    embedder = get_embedder()
    embedding = []
    for query in queries:
        begin = time.perf_counter()
        embedder.embed([query])
        embedding.append(1000 * (time.perf_counter() - begin))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM knowledge_passage")
        (passages,) = cursor.fetchone()
    return Speed(
        passages=passages,
        searches=len(times),
        p50=_percentile(times, 0.5),
        p95=_percentile(times, 0.95),
        p99=_percentile(times, 0.99),
        cpu=cpu,
        embedding_p50=_percentile(embedding, 0.5),
        recall=_mean([_recall(query) for query in queries[:compared]]),
        agreement=_mean([_agreement(query) for query in queries[:compared]]),
    )


def _recall(query: str) -> float:
    """Of the graph alone, with the search's settings, against comparing every vector in full
    precision."""
    vector = json.dumps(get_embedder().embed([query])[0])
    index = get_active_index()
    assert index is not None
    exact = _nearest(index, vector, "vector", "SET LOCAL enable_indexscan = off")
    found = _nearest(
        index,
        vector,
        column_type(index.dimensions),
        f"SET LOCAL hnsw.ef_search = {DEFAULT.ef_search}",
    )
    return len(exact & found) / len(exact)


def _nearest(index: EmbeddingIndex, vector: str, kind: str, setting: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(setting)
        cursor.execute(
            f"SELECT passage_id FROM knowledge_passageembedding WHERE index_id = {index.pk} "
            f"ORDER BY vector::{kind} <=> %s::{kind} LIMIT 10",
            [vector],
        )
        found = {pk for (pk,) in cursor.fetchall()}
        cursor.execute("COMMIT")
    return found


def _agreement(query: str) -> float:
    exact = {found.passage_id for found in search_passages(query, limit=10, tuning=EXHAUSTIVE)}
    found = {found.passage_id for found in search_passages(query, limit=10)}
    return len(exact & found) / len(exact) if exact else 1.0


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
