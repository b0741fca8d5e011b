"""The indexes of vectors, one for each embedding model, and which one is searched."""

import logging

from django.db import connection, transaction

from knowledge.embeddings import Embedder, EmbeddingError, configured_model, get_embedder
from knowledge.models import EmbeddingIndex, Passage, PassageEmbedding

logger = logging.getLogger(__name__)

# What pgvector can index, in half precision.
_MAX_DIMENSIONS = 4000
# Neighbours looked at for each new vector; pgvector's 64 leave out more of the nearest than half
# precision does. Chosen by recall against processor time in benchmarks/search.
_EF_CONSTRUCTION = 128
_REMOVED_AT_ONCE = 1000


def column_type(dimensions: int) -> str:
    """What a vector is cast to, in its HNSW index and in every query that is to use it: half
    precision, which finds the same neighbours in a graph of half the size."""
    return f"halfvec({int(dimensions)})"


def get_active_index() -> EmbeddingIndex | None:
    """The index that is searched."""
    return EmbeddingIndex.objects.filter(state=EmbeddingIndex.State.ACTIVE).first()


def open_embedder(index: EmbeddingIndex) -> Embedder | None:
    """The model that made the index's vectors, which need not be the one that the settings name;
    None if it cannot be had any more."""
    try:
        embedder = get_embedder(index.source)
        if embedder.name == index.model:
            return embedder
    except EmbeddingError:
        pass
    logger.warning("knowledge.model_is_gone", extra={"embedding_model": index.model})
    return None


def get_index(embedder: Embedder) -> EmbeddingIndex:
    """The configured embedder's index, made at its first use: active if it is the first of all."""
    index = EmbeddingIndex.objects.filter(model=embedder.name).first()
    # The length of a vector may cost a call to the provider: asked before anything is locked.
    return index or _create_index(embedder.name, embedder.dimensions)


def list_written_indexes(index: EmbeddingIndex, embedder: Embedder) -> dict[int, Embedder]:
    """Which indexes an article's new passages go into, by id: the configured model's, and beside
    it the one that is still searched until that one is complete."""
    written = {index.pk: embedder}
    active = get_active_index()
    if active is not None and active.pk != index.pk:
        searched = open_embedder(active)
        if searched is not None:
            written[active.pk] = searched
    return written


def is_complete(index: EmbeddingIndex) -> bool:
    """Whether every passage has its vector in it."""
    return not Passage.objects.exclude(embeddings__index=index).exists()


def activate_if_complete(index: EmbeddingIndex, *, keep: bool = False) -> bool:
    """Swaps the index in once every passage has its vector in it, and removes the one before
    unless it is to be kept. Searches go on all the while: until the swap has committed they use
    the one, afterwards the other."""
    index.refresh_from_db()
    if index.state != EmbeddingIndex.State.ACTIVE:
        if not is_complete(index):
            return False
        build_hnsw(index)
        if not _swap(index, keep=keep):
            return False
    remove_retired()
    return True


def remove_retired() -> None:
    """Removes what swapped-out indexes left, in small transactions; goes on if cut off."""
    for index in EmbeddingIndex.objects.filter(state=EmbeddingIndex.State.RETIRED):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {_concurrently()} IF EXISTS {_name(index)}")
        vectors = PassageEmbedding.objects.filter(index=index)
        while some := list(vectors.values_list("pk", flat=True)[:_REMOVED_AT_ONCE]):
            PassageEmbedding.objects.filter(pk__in=some).delete()
        index.delete()


def drop_kept() -> int:
    """Gives up the indexes that were kept for a return; returns how many there were."""
    kept = EmbeddingIndex.objects.filter(state=EmbeddingIndex.State.KEPT)
    count = kept.update(state=EmbeddingIndex.State.RETIRED)
    remove_retired()
    return count


@transaction.atomic
def _create_index(model: str, dimensions: int) -> EmbeddingIndex:
    _lock_indexes()
    existing = EmbeddingIndex.objects.filter(model=model).first()
    if existing:
        return existing
    first = get_active_index() is None
    index = EmbeddingIndex.objects.create(
        model=model,
        source=configured_model(),
        dimensions=dimensions,
        state=EmbeddingIndex.State.ACTIVE if first else EmbeddingIndex.State.BUILDING,
    )
    if first:
        # While it is empty, it costs nothing; the others get it when they are full.
        build_hnsw(index)
    return index


def build_hnsw(index: EmbeddingIndex) -> None:
    """Makes the HNSW index if it is not there whole; nobody waits for it meanwhile."""
    if index.dimensions > _MAX_DIMENSIONS:
        return  # pgvector has none for so many: the vectors are compared one by one
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass(%s)",
            [_name(index)],
        )
        row = cursor.fetchone()
        if row and row[0]:
            return
        if row:  # its making was cut off
            cursor.execute(f"DROP INDEX {_concurrently()} IF EXISTS {_name(index)}")
        cursor.execute(
            f"CREATE INDEX {_concurrently()} {_name(index)} ON knowledge_passageembedding "
            f"USING hnsw ((vector::{column_type(index.dimensions)}) halfvec_cosine_ops) "
            f"WITH (ef_construction = {_EF_CONSTRUCTION}) WHERE index_id = {index.pk}"
        )


@transaction.atomic
def _swap(index: EmbeddingIndex, *, keep: bool) -> bool:
    _lock_indexes()
    index.refresh_from_db()
    if index.state == EmbeddingIndex.State.ACTIVE:
        return True
    if not is_complete(index):
        return False
    states = EmbeddingIndex.State
    before = states.KEPT if keep else states.RETIRED
    EmbeddingIndex.objects.filter(state=states.ACTIVE).update(state=before)
    # Begun for a model that the settings no longer name.
    EmbeddingIndex.objects.filter(state=states.BUILDING).exclude(pk=index.pk).update(
        state=states.RETIRED
    )
    index.state = states.ACTIVE
    index.source = configured_model()
    index.save(update_fields=["state", "source"])
    return True


def _concurrently() -> str:
    """Without waiting for others, where PostgreSQL allows it: outside a transaction."""
    return "" if connection.in_atomic_block else "CONCURRENTLY"


def _name(index: EmbeddingIndex) -> str:
    return f"knowledge_hnsw_{int(index.pk)}"


def _lock_indexes() -> None:
    """One process at a time changes which indexes there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7204)")
