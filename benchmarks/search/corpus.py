"""A knowledge base of any size, made of real sentences.

A passage takes three sentences of one article and one of another, and words of its own (a code, a
number); its vector is the mean of those sentences' real vectors with a little noise. So words are
as frequent and vectors lie as near to each other as in texts that repeat themselves: more than
those of a real knowledge base of that size, hence no easier to search.
"""

import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from pgvector.psycopg import register_vector

from benchmarks.loading import bare
from benchmarks.retrieval.questions import list_question_sets
from knowledge.embeddings import get_embedder
from knowledge.models import Article, EmbeddingIndex
from knowledge.vectors import build_hnsw, get_index
from knowledge.words import count_words

PASSAGES_PER_ARTICLE = 5
NOISE = 0.15
_AT_ONCE = 2000
_FILLED = ("knowledge_passage", "knowledge_passageembedding", "knowledge_posting")
# The graph of a million passages is built in memory, or it takes hours.
_GRAPH_GIGABYTES = 4
_SHARED_MEMORY = "/dev/shm"


@dataclass(frozen=True, slots=True)
class Sentences:
    """By article, its sentences and their vectors."""

    titles: list[str]
    texts: list[list[str]]
    vectors: list[npt.NDArray[np.float32]]


def read_sentences(data: Path | None) -> Sentences:
    titles, texts = [], []
    for question_set in list_question_sets(data):
        for text in question_set.texts:
            sentences = [
                part.strip("-*# ")
                for line in text.body.split("\n")
                for part in line.split(". ")
                if 20 < len(part) < 400
            ]
            if len(sentences) >= 3:
                titles.append(text.title or sentences[0][:80])
                texts.append(sentences)
    embedder = get_embedder()
    vectors = [np.array(embedder.embed(sentences), np.float32) for sentences in texts]
    return Sentences(titles, texts, vectors)


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds for the rows and the indexes of their words, and for the graph of all vectors."""

    rows: float
    graph: float


def grow(sentences: Sentences, *, to: int, seed: int) -> Growth:
    """Adds passages until there are `to`; the planner's figures and the counts are up to date."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(max(id), 0) FROM knowledge_passage")
        have, last = cursor.fetchone()
        register_vector(cursor.connection)
    index = get_index(get_embedder())
    choice, noise = random.Random(seed + have), np.random.default_rng(seed + have)
    begin = time.monotonic()
    with connection.cursor() as cursor:
        # As after `manage.py reembed`: filled first, then indexed.
        cursor.execute(f"DROP INDEX IF EXISTS knowledge_hnsw_{index.pk}")
    with bare(_FILLED):
        for start in range(have, to, _AT_ONCE):
            _add(sentences, min(_AT_ONCE, to - start), index.pk, last + start - have, choice, noise)
    filled = time.monotonic()
    _build_graph(index)
    built = time.monotonic()
    count_words()
    with connection.cursor() as cursor:
        for table in ("article", "passage", "posting", "passageembedding", "wordcount"):
            cursor.execute(f"VACUUM ANALYZE knowledge_{table}")
    return Growth(filled - begin, built - filled)


def _build_graph(index: EmbeddingIndex) -> None:
    """By two processes where there is room for the memory that they share."""
    room = shutil.disk_usage(_SHARED_MEMORY).free > (_GRAPH_GIGABYTES + 1) * 2**30
    with connection.cursor() as cursor:
        cursor.execute(f"SET maintenance_work_mem = '{_GRAPH_GIGABYTES}GB'")
        cursor.execute(f"SET max_parallel_maintenance_workers = {int(room)}")
        build_hnsw(index)
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute("RESET max_parallel_maintenance_workers")


@transaction.atomic
def _add(
    sentences: Sentences,
    count: int,
    index: int,
    last: int,
    choice: random.Random,
    noise: np.random.Generator,
) -> None:
    made = list(_make(sentences, count, choice, noise))
    articles = Article.objects.bulk_create(
        Article(
            slug=f"made/{last + number}",
            title=made[number][0],
            body="",
            language="en",
            state="published",
            audience="internal" if choice.random() < 0.1 else "public",
            product=choice.choice(["", "", "desktop", "mobile"]),
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for number in range(0, count, PASSAGES_PER_ARTICLE)
    )
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY knowledge_passage (id, article_id, position, heading_path, anchor, text,"
            " token_count, fingerprint) FROM STDIN"
        ) as copy:
            for number, (_title, text, _vector) in enumerate(made):
                article = articles[number // PASSAGES_PER_ARTICLE].pk
                position = number % PASSAGES_PER_ARTICLE
                key = last + number + 1
                copy.write_row((key, article, position, "", "", text, len(text) // 5, str(key)))
        cursor.execute("SELECT setval('knowledge_passage_id_seq', %s)", [last + count])
        with cursor.copy(
            "COPY knowledge_passageembedding (index_id, passage_id, vector) FROM STDIN"
            " (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int8", "int8", "vector"])
            for number, (_title, _text, vector) in enumerate(made):
                copy.write_row((index, last + number + 1, vector))
        # `knowledge.words` writes an article's postings; here those of all of them at once.
        cursor.execute(_POSTINGS, [last, last + count])


def _make(
    sentences: Sentences, count: int, choice: random.Random, noise: np.random.Generator
) -> Iterator[tuple[str, str, npt.NDArray[np.float32]]]:
    for _ in range(count):
        one, other = choice.randrange(len(sentences.texts)), choice.randrange(len(sentences.texts))
        picked = [(one, place) for place in choice.sample(range(len(sentences.texts[one])), 3)]
        picked.append((other, choice.randrange(len(sentences.texts[other]))))
        text = ". ".join(sentences.texts[article][place] for article, place in picked)
        vector = sum(sentences.vectors[article][place] for article, place in picked)
        vector = vector / np.linalg.norm(vector)
        vector = vector + NOISE * noise.normal(size=len(vector)) / np.sqrt(len(vector))
        vector = vector / np.linalg.norm(vector)
        own = f"Reference {choice.randrange(10**7):07d}, code X{choice.randrange(10**4)}."
        yield sentences.titles[one], f"{text}. {own}", vector.astype(np.float32)


_POSTINGS = """
    INSERT INTO knowledge_posting (passage_id, article_id, word, weight)
    SELECT passage_id, article_id, 'en/' || lexeme,
        occurrences / (occurrences + 0.25 * (0.5 + 0.5 * length / 27))
    FROM (
        SELECT p.id AS passage_id, p.article_id, l.lexeme,
            (SELECT sum(CASE place WHEN 'A' THEN 1.0 ELSE 0.3 END) FROM unnest(l.weights) place)
                AS occurrences,
            sum(cardinality(array_positions(l.weights, 'D'))) OVER (PARTITION BY p.id) AS length
        FROM knowledge_passage p JOIN knowledge_article a ON a.id = p.article_id,
            unnest(
                setweight(to_tsvector('english', a.title), 'A')
                || setweight(to_tsvector('english', p.text), 'D')
            ) l
        WHERE p.id > %s AND p.id <= %s
    ) occurring
"""
