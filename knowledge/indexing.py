"""Keeps passages, their words and their vectors in line with the articles."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from config.jobs import enqueue
from knowledge.embeddings import Embedder, get_embedder
from knowledge.languages import text_configuration
from knowledge.markdown import plain_text
from knowledge.models import Article, EmbeddingIndex, Passage, PassageEmbedding
from knowledge.passages import TokenCounter, split
from knowledge.vectors import activate_if_complete, get_index

PATH_SEPARATOR = " › "
# The local model reads 254 tokens: the passage, and before it what the passage is about.
_TEXT_TOKENS = 190
_CONTEXT_TOKENS = 60
_EMBEDDED_AT_ONCE = 32
_ATTEMPTS = 5


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
    index = get_index(embedder)
    for _attempt in range(_ATTEMPTS):
        article = Article.objects.filter(pk=article_id).first()
        if article is None or _is_current(article, index):
            return 0
        drafts = _draft(article, embedder.count_tokens)
        vectors = _embed_missing(article, drafts, index, embedder)
        if _write(article, drafts, vectors, index):
            return len(vectors)
    raise ArticleKeepsChangingError(f"article {article_id}")


def index_all() -> int:
    """Brings every article up to date, and swaps in the current model's vectors if they wait
    for that; returns how many passages it embedded."""
    index = get_index(get_embedder())
    embedded = sum(index_article(pk) for pk in _list_outdated(index))
    activate_if_complete(index)
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


def _is_current(article: Article, index: EmbeddingIndex) -> bool:
    return (
        article.indexed_fingerprint == article.fingerprint()
        and not article.passages.exclude(embeddings__index=index).exists()
    )


def _list_outdated(index: EmbeddingIndex) -> list[int]:
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
            [index.pk],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _draft(article: Article, count_tokens: TokenCounter) -> list[_Draft]:
    drafts: list[_Draft] = []
    for piece in split(article.body, limit=_TEXT_TOKENS, count_tokens=count_tokens):
        path = PATH_SEPARATOR.join(piece.heading_path)
        context = PATH_SEPARATOR.join((article.title, *piece.heading_path))
        embedded = f"{_shortened(context, count_tokens)}\n{plain_text(piece.text)}"
        # Whatever a passage's row shows counts, so that a row is kept only if all of it is.
        identity = "\0".join((path, piece.anchor, piece.text, embedded))
        drafts.append(
            _Draft(
                heading_path=path[:500],
                anchor=piece.anchor[:200],
                text=piece.text,
                token_count=count_tokens(piece.text),
                embedded=embedded,
                fingerprint=hashlib.sha256(identity.encode()).hexdigest(),
            )
        )
    return drafts


def _shortened(context: str, count_tokens: TokenCounter) -> str:
    """The context's first words, as many as leave room for the passage."""
    words = context[: _CONTEXT_TOKENS * 20].split(" ")
    while len(words) > 1 and count_tokens(" ".join(words)) > _CONTEXT_TOKENS:
        words.pop()
    return " ".join(words)


def _embed_missing(
    article: Article, drafts: list[_Draft], index: EmbeddingIndex, embedder: Embedder
) -> dict[str, list[float]]:
    """Vectors by fingerprint, of the drafts that have none in the index yet."""
    known = set(
        PassageEmbedding.objects.filter(index=index, passage__article=article).values_list(
            "passage__fingerprint", flat=True
        )
    )
    missing = {draft.fingerprint: draft.embedded for draft in drafts}
    missing = {key: text for key, text in missing.items() if key not in known}
    vectors: dict[str, list[float]] = {}
    for keys in _batches(list(missing)):
        texts = [missing[key] for key in keys]
        vectors.update(zip(keys, embedder.embed(texts), strict=True))
    return vectors


def _batches(keys: list[str]) -> Iterable[list[str]]:
    return (
        keys[start : start + _EMBEDDED_AT_ONCE] for start in range(0, len(keys), _EMBEDDED_AT_ONCE)
    )


@transaction.atomic
def _write(
    read: Article,
    drafts: list[_Draft],
    vectors: dict[str, list[float]],
    index: EmbeddingIndex,
) -> bool:
    """Replaces the passages, with the article locked. False, having written nothing, if the
    article is no longer what was `read` or a vector is missing that was there before."""
    article = Article.objects.select_for_update(no_key=True).filter(pk=read.pk).first()
    if article is None or article.fingerprint() != read.fingerprint():
        return False
    stored: dict[str, list[Passage]] = defaultdict(list)
    for passage in article.passages.all():
        stored[passage.fingerprint].append(passage)
    passages = [_place(article, number, draft, stored) for number, draft in enumerate(drafts)]
    with_vector = set(
        PassageEmbedding.objects.filter(index=index, passage__article=article).values_list(
            "passage_id", flat=True
        )
    )
    lacking = [passage for passage in passages if passage.pk not in with_vector]
    if any(passage.fingerprint not in vectors for passage in lacking):
        transaction.set_rollback(True)
        return False
    PassageEmbedding.objects.bulk_create(
        PassageEmbedding(index=index, passage=passage, vector=vectors[passage.fingerprint])
        for passage in lacking
    )
    article.passages.exclude(pk__in=[passage.pk for passage in passages]).delete()
    _write_words(article)
    Article.objects.filter(pk=article.pk).update(indexed_fingerprint=article.fingerprint())
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


def _write_words(article: Article) -> None:
    """Title and keywords weigh most, then headings and summary, then the text itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE knowledge_passage SET search_vector =
                setweight(to_tsvector(%(config)s::regconfig, %(title)s), 'A')
                || setweight(to_tsvector(%(config)s::regconfig, heading_path), 'B')
                || setweight(to_tsvector(%(config)s::regconfig, %(about)s), 'C')
                || setweight(to_tsvector(%(config)s::regconfig, text), 'D')
            WHERE article_id = %(article)s
            """,
            {
                "config": text_configuration(article.language),
                "title": article.title,
                "about": f"{article.keywords}\n{article.summary}",
                "article": article.pk,
            },
        )
