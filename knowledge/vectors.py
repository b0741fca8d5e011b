"""The indexes of vectors, one for each embedding model, and which one is searched."""

from django.db import connection, transaction

from knowledge.embeddings import Embedder
from knowledge.models import EmbeddingIndex, Passage

# What pgvector can index: single precision up to here, half precision up to twice as much.
_MAX_SINGLE_DIMENSIONS = 2000
_MAX_HALF_DIMENSIONS = 4000


def column_type(dimensions: int) -> str:
    """What a vector is cast to, in its HNSW index and in every query that is to use it."""
    kind = "vector" if dimensions <= _MAX_SINGLE_DIMENSIONS else "halfvec"
    return f"{kind}({int(dimensions)})"


def get_active_index(embedder: Embedder) -> EmbeddingIndex | None:
    """The index that is searched, unless another model than `embedder` made it."""
    return EmbeddingIndex.objects.filter(
        state=EmbeddingIndex.State.ACTIVE, model=embedder.name
    ).first()


def get_index(embedder: Embedder) -> EmbeddingIndex:
    """The embedder's index, made at its first use: active if it is the first of all."""
    index = EmbeddingIndex.objects.filter(model=embedder.name).first()
    # The length of a vector may cost a call to the provider: asked before anything is locked.
    return index or _create_index(embedder.name, embedder.dimensions)


@transaction.atomic
def activate_if_complete(index: EmbeddingIndex) -> bool:
    """Swaps the index in and drops the one before, once every passage has its vector in it."""
    _lock_indexes()
    index.refresh_from_db()
    if index.state == EmbeddingIndex.State.ACTIVE:
        return True
    if Passage.objects.exclude(embeddings__index=index).exists():
        return False
    for previous in EmbeddingIndex.objects.filter(state=EmbeddingIndex.State.ACTIVE):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS {_name(previous)}")
        previous.delete()
    index.state = EmbeddingIndex.State.ACTIVE
    index.save(update_fields=["state"])
    return True


@transaction.atomic
def _create_index(model: str, dimensions: int) -> EmbeddingIndex:
    _lock_indexes()
    existing = EmbeddingIndex.objects.filter(model=model).first()
    if existing:
        return existing
    first = not EmbeddingIndex.objects.filter(state=EmbeddingIndex.State.ACTIVE).exists()
    index = EmbeddingIndex.objects.create(
        model=model,
        dimensions=dimensions,
        state=EmbeddingIndex.State.ACTIVE if first else EmbeddingIndex.State.BUILDING,
    )
    if index.dimensions <= _MAX_HALF_DIMENSIONS:
        column = column_type(index.dimensions)
        operators = f"{column.partition('(')[0]}_cosine_ops"
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE INDEX {_name(index)} ON knowledge_passageembedding "
                f"USING hnsw ((vector::{column}) {operators}) WHERE index_id = {index.pk}"
            )
    return index


def _name(index: EmbeddingIndex) -> str:
    return f"knowledge_hnsw_{int(index.pk)}"


def _lock_indexes() -> None:
    """One process at a time changes which indexes there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7204)")
