"""Keeps passages, their words and their vectors in line with the articles."""

import contextlib
import hashlib
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from config.jobs import enqueue
from knowledge.context import PATH_SEPARATOR, embedded_text
from knowledge.embeddings import Embedder, EmbeddingError, get_embedder
from knowledge.inspection import list_findings
from knowledge.models import Article, EmbeddingIndex, Passage, PassageEmbedding
from knowledge.passages import TokenCounter, split
from knowledge.reembedding import ReembeddingRunsError, reembed
from knowledge.unseen import visible, visible_characters
from knowledge.vectors import get_index, list_written_indexes
from knowledge.words import count_words, write_postings

logger = logging.getLogger(__name__)

# The local model reads 254 tokens: the passage, and before it what the passage is about.
_TEXT_TOKENS = 190
_EMBEDDED_AT_ONCE = 32
_ATTEMPTS = 5


# By index, vectors by a passage's fingerprint.
_Vectors = dict[int, dict[str, list[float]]]


class ArticleKeepsChangingError(Exception):
    """The article was changed every time while its text was being embedded; try later."""


def request_indexing(article_id: int) -> None:
    """Enqueues the indexing of an article, in the caller's transaction."""
    enqueue(
        "knowledge.index_article",
        lock=f"article-{article_id}",
        queue="knowledge",
        article_id=article_id,
    )


def index_article(article_id: int) -> int:
    """Brings an article's passages and vectors up to date; returns how many it embedded.

    Passages whose text stays keep their rows and vectors. Embeds with no transaction open; what
    was embedded is written only if the article is still what was read, else it is read again,
    so that whoever finishes last leaves the passages of the article's last version. Does nothing
    if the article is gone or is up to date. Raises ArticleKeepsChangingError after five attempts.
    """
    embedder = get_embedder()
    indexes = list_written_indexes(get_index(embedder), embedder)
    for _attempt in range(_ATTEMPTS):
        article = Article.objects.filter(pk=article_id).first()
        if article is None or _is_current(article, indexes):
            return 0
        drafts = _draft(article, embedder.count_tokens)
        vectors = _embed_missing(article, drafts, indexes)
        if _write(article, drafts, vectors, findings="\n".join(list_findings(article))):
            return max(len(made) for made in vectors.values())
    raise ArticleKeepsChangingError(f"article {article_id}")


def index_all() -> int:
    """Brings every article up to date, and makes and swaps in the vectors of another model if the
    settings name one; returns how many passages of articles it embedded."""
    index = get_index(get_embedder())
    embedded = sum(index_article(pk) for pk in _list_outdated(index.pk))
    # A command or another worker may be at it.
    with contextlib.suppress(ReembeddingRunsError):
        reembed()
    count_words()
    return embedded


@dataclass(frozen=True, slots=True)
class _Draft:
    """A passage to be; `embedded` is the text that its vector is made of."""

    heading_path: str
    anchor: str
    text: str
    token_count: int
    embedded: str
    fingerprint: str


def _is_current(article: Article, indexes: Collection[int]) -> bool:
    return article.indexed_fingerprint == article.fingerprint() and not any(
        article.passages.exclude(embeddings__index=index).exists() for index in indexes
    )


def _list_outdated(index: int) -> list[int]:
    """The ids of articles that are not current, by one query: `_is_current` and
    `Article.fingerprint` in SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM knowledge_article article
            WHERE indexed_fingerprint <> encode(sha256(
                    convert_to(title, 'UTF8') || '\\x00' || convert_to(summary, 'UTF8') || '\\x00'
                    || convert_to(keywords, 'UTF8') || '\\x00' || convert_to(language, 'UTF8')
                    || '\\x00' || convert_to(body, 'UTF8')
                ), 'hex')
                OR EXISTS (
                    SELECT FROM knowledge_passage passage
                    WHERE passage.article_id = article.id AND NOT EXISTS (
                        SELECT FROM knowledge_passageembedding embedding
                        WHERE embedding.passage_id = passage.id AND embedding.index_id = %s
                    )
                )
            ORDER BY id
            """,
            [index],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _draft(article: Article, count_tokens: TokenCounter) -> list[_Draft]:
    drafts: list[_Draft] = []
    title = visible_characters(article.title)
    for piece in split(visible(article.body), limit=_TEXT_TOKENS, count_tokens=count_tokens):
        path = PATH_SEPARATOR.join(piece.heading_path)[:500]
        embedded = embedded_text(title, path, piece.text, count_tokens)
        # Whatever a passage's row shows counts, so that a row is kept only if all of it is.
        identity = "\0".join((path, piece.anchor, piece.text, embedded))
        drafts.append(
            _Draft(
                heading_path=path,
                anchor=piece.anchor[:200],
                text=piece.text,
                token_count=count_tokens(piece.text),
                embedded=embedded,
                fingerprint=hashlib.sha256(identity.encode()).hexdigest(),
            )
        )
    return drafts


def _embed_missing(
    article: Article, drafts: list[_Draft], indexes: Mapping[int, Embedder]
) -> _Vectors:
    """By index, vectors by fingerprint of the drafts that have none in it yet. Without an index
    whose model fails, unless it is the configured one's, the first."""
    vectors: _Vectors = {}
    for index, embedder in indexes.items():
        known = set(
            PassageEmbedding.objects.filter(index=index, passage__article=article).values_list(
                "passage__fingerprint", flat=True
            )
        )
        missing = {draft.fingerprint: draft.embedded for draft in drafts}
        missing = {key: text for key, text in missing.items() if key not in known}
        try:
            vectors[index] = _embed(missing, embedder)
        except EmbeddingError:
            if not vectors:
                raise
            logger.warning("knowledge.searched_model_failed", exc_info=True)
    return vectors


def _embed(texts: dict[str, str], embedder: Embedder) -> dict[str, list[float]]:
    vectors: dict[str, list[float]] = {}
    for keys in _batches(list(texts)):
        vectors.update(zip(keys, embedder.embed([texts[key] for key in keys]), strict=True))
    return vectors


def _batches(keys: list[str]) -> Iterable[list[str]]:
    return (
        keys[start : start + _EMBEDDED_AT_ONCE] for start in range(0, len(keys), _EMBEDDED_AT_ONCE)
    )


@transaction.atomic
def _write(read: Article, drafts: list[_Draft], vectors: _Vectors, *, findings: str) -> bool:
    """Replaces the passages, with the article locked. False, having written nothing, if the
    article is no longer what was `read` or a vector is missing that was there before."""
    article = Article.objects.select_for_update(no_key=True).filter(pk=read.pk).first()
    if article is None or article.fingerprint() != read.fingerprint():
        return False
    stored: dict[str, list[Passage]] = defaultdict(list)
    for passage in article.passages.all():
        stored[passage.fingerprint].append(passage)
    passages = [_place(article, number, draft, stored) for number, draft in enumerate(drafts)]
    for index, made in vectors.items():
        if not _write_vectors(article, passages, index, made):
            transaction.set_rollback(True)
            return False
    article.passages.exclude(pk__in=[passage.pk for passage in passages]).delete()
    write_postings(article)
    Article.objects.filter(pk=article.pk).update(
        indexed_fingerprint=article.fingerprint(), findings=findings
    )
    return True


def _write_vectors(
    article: Article, passages: list[Passage], index: int, made: Mapping[str, list[float]]
) -> bool:
    """Of the passages that have none in the index. False if one of them was not made; True too if
    the index itself is gone."""
    # Until the end of the transaction nobody removes it.
    if not EmbeddingIndex.objects.select_for_update(no_key=True).filter(pk=index).exists():
        return True
    with_vector = set(
        PassageEmbedding.objects.filter(index=index, passage__article=article).values_list(
            "passage_id", flat=True
        )
    )
    lacking = [passage for passage in passages if passage.pk not in with_vector]
    if any(passage.fingerprint not in made for passage in lacking):
        return False
    PassageEmbedding.objects.bulk_create(
        (
            PassageEmbedding(index_id=index, passage=passage, vector=made[passage.fingerprint])
            for passage in lacking
        ),
        ignore_conflicts=True,
    )
    return True


def _place(
    article: Article, position: int, draft: _Draft, stored: dict[str, list[Passage]]
) -> Passage:
    """The stored passage with the draft's text, moved to its position, or a new one."""
    if stored[draft.fingerprint]:
        passage = stored[draft.fingerprint].pop(0)
        if passage.position != position:
            passage.position = position
            passage.save(update_fields=["position"])
        return passage
    return Passage.objects.create(
        article=article,
        position=position,
        heading_path=draft.heading_path,
        anchor=draft.anchor,
        text=draft.text,
        token_count=draft.token_count,
        fingerprint=draft.fingerprint,
    )
