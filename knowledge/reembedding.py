"""Builds the index of the configured embedding model beside the one that is searched, and swaps.

What it has written stays written: cut off at any point, it goes on from there when run again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from knowledge.context import embedded_text
from knowledge.embeddings import Embedder, get_embedder
from knowledge.models import EmbeddingIndex, Passage, PassageEmbedding
from knowledge.vectors import activate_if_complete, get_index

_BATCH = 64


class ReembeddingRunsError(Exception):
    """Another process is at it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the passages have a vector of the new model."""

    done: int
    total: int


def reembed(
    *, keep: bool = False, report: Callable[[Progress], None] = lambda progress: None
) -> EmbeddingIndex:
    """Gives every passage its vector of the configured model, then swaps; returns the index.

    The index before it is removed, or kept for a return: with the settings as they were, the same
    call only adds what has changed since and swaps back. Embeds in batches with no transaction
    open. Raises ReembeddingRunsError if another process is at it, EmbeddingError if the model
    cannot be had.
    """
    embedder = get_embedder()
    index = get_index(embedder)
    with _only_once():
        while True:
            fill_index(index, embedder, report)
            # Articles may have been written meanwhile by workers that know only the other model.
            if activate_if_complete(index, keep=keep):
                index.refresh_from_db()
                return index


def fill_index(
    index: EmbeddingIndex,
    embedder: Embedder,
    report: Callable[[Progress], None] = lambda progress: None,
) -> int:
    """Embeds the passages that have no vector in the index; returns how many it wrote."""
    total = Passage.objects.count()
    done = PassageEmbedding.objects.filter(index=index).count()
    report(Progress(done, total))
    written = last = 0
    while batch := _read_batch(index, after=last):
        last = batch[-1].pk
        vectors = embedder.embed([_embedded_text(passage, embedder) for passage in batch])
        written += _write_batch(index, batch, vectors)
        report(Progress(min(done + written, total), total))
    return written


def _read_batch(index: EmbeddingIndex, *, after: int) -> list[Passage]:
    lacking = Passage.objects.filter(pk__gt=after).exclude(embeddings__index=index)
    return list(lacking.select_related("article").order_by("pk")[:_BATCH])


def _embedded_text(passage: Passage, embedder: Embedder) -> str:
    return embedded_text(
        passage.article.title, passage.heading_path, passage.text, embedder.count_tokens
    )


def _write_batch(index: EmbeddingIndex, batch: list[Passage], vectors: list[list[float]]) -> int:
    """Skips passages that are gone by now: a passage's row never changes what it says."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO knowledge_passageembedding (index_id, passage_id, vector)
            SELECT %s, passage.id, made.vector::vector
            FROM unnest(%s::bigint[], %s::text[]) made (passage_id, vector)
            JOIN knowledge_passage passage ON passage.id = made.passage_id
            ON CONFLICT DO NOTHING
            """,
            [index.pk, [passage.pk for passage in batch], [str(vector) for vector in vectors]],
        )
        return int(cursor.rowcount)


@contextmanager
def _only_once() -> Iterator[None]:
    """Held by the connection, hence given back when the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(7206)")
        if not cursor.fetchone()[0]:
            raise ReembeddingRunsError("Another process is making the new vectors.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(7206)")
