"""A round: one reading of all documents of a source, each recorded with how it went.

A document that is broken, gone or forbidden is recorded with its reason, and the next one is read.
No transaction is open while something is fetched, read or embedded.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from knowledge.documents import BrokenDocumentError, Defaults, content_hash, read_documents
from knowledge.duplicates import find_twin
from knowledge.indexing import index_article
from knowledge.ingestion import (
    Stored,
    archive_documents,
    archive_missing,
    articles_of,
    store_documents,
)
from knowledge.inspection import list_findings
from knowledge.models import Article, KnowledgeSource, SourceDocument
from knowledge.sources import defaults_of

log = structlog.get_logger(__name__)
State = SourceDocument.State

# A document whose reading ended the process so often is not read again.
_MAX_ATTEMPTS = 3
_AT_ONCE = 50
_RECORDED = [
    "state", "attempts", "content", "read_at", "problem", "article", "content_hash", "media_type",
    "etag", "last_modified",
]  # fmt: skip


class GoneError(Exception):
    """The document is no longer there; the message says who says so."""


@dataclass(frozen=True, slots=True)
class Content:
    """A document's bytes and what was said of them. `slug_path` is what its articles' addresses
    are made from, where that is not its own path."""

    content: bytes
    media_type: str = ""
    etag: str = ""
    last_modified: str = ""
    slug_path: str = ""


# Gives a document's content, or None if it has not changed since it was last read. Raises
# BrokenDocumentError or GoneError.
Fetch = Callable[[SourceDocument], Content | None]


def begin(source: KnowledgeSource, paths: Iterable[str], *, complete: bool) -> list[str]:
    """Lists what is to be read. If that is the `complete` source, articles of documents that are
    not in it any more are archived; returns the paths of those."""
    wanted = list(dict.fromkeys(path[:500] for path in paths))
    # First, so that a document that moved finds its address free.
    removed = archive_missing(source.name, set(wanted)) if complete else []
    with transaction.atomic():
        if complete:
            source.documents.exclude(path__in=wanted).delete()
        known = set(source.documents.values_list("path", flat=True))
        SourceDocument.objects.bulk_create(
            SourceDocument(source=source, path=path) for path in wanted if path not in known
        )
        source.documents.filter(path__in=wanted).update(state=State.WAITING, attempts=0)
        KnowledgeSource.objects.filter(pk=source.pk).update(
            state=KnowledgeSource.State.READING, problem="", total=len(wanted), done=0
        )
    return removed


def read_waiting(
    source: KnowledgeSource, fetch: Fetch, *, embed_here: bool
) -> Iterator[SourceDocument]:
    """Reads one document after the other; gives each when it is recorded. With `embed_here`
    articles are indexed at once, else jobs do it."""
    waiting = source.documents.filter(state=State.WAITING).order_by("path")
    while documents := list(waiting.defer("content")[:_AT_ONCE]):
        for document in documents:
            articles = _read(source, document, fetch, index=not embed_here)
            if embed_here:
                for article in articles:
                    index_article(article.pk)
            yield document


@transaction.atomic
def finish(source: KnowledgeSource, *, now: datetime) -> None:
    """Everything has been read that could be. What was uploaded meanwhile has a job of its own,
    and until that has read it the source stays as it is."""
    locked = KnowledgeSource.objects.select_for_update().get(pk=source.pk)
    if locked.documents.filter(state=State.WAITING).exists():
        return
    locked.state = KnowledgeSource.State.READ
    locked.read_at = now
    locked.next_read_at = locked.next_after(now)
    locked.save(update_fields=["state", "read_at", "next_read_at"])


def fail(source: KnowledgeSource, problem: str, *, now: datetime) -> None:
    """Its documents could not even be listed; articles stay as they are."""
    KnowledgeSource.objects.filter(pk=source.pk).update(
        state=KnowledgeSource.State.FAILED, problem=problem, next_read_at=source.next_after(now)
    )


def _read(
    source: KnowledgeSource, document: SourceDocument, fetch: Fetch, *, index: bool
) -> list[Article]:
    """Reads and records one document; returns its articles."""
    document.attempts += 1
    document.save(update_fields=["attempts"])
    try:
        if document.attempts > _MAX_ATTEMPTS:
            raise BrokenDocumentError(
                _("Reading it ended the worker %(times)d times: split it, or save it anew.")
                % {"times": _MAX_ATTEMPTS}
            )
        content = fetch(document)
        defaults = defaults_of(source)
        if articles := _unchanged(source, document, content, defaults):
            _record(document, State.UNCHANGED, content=content, defaults=defaults)
            return articles
        if content is None:
            raise BrokenDocumentError(_("Its article is gone: have the source read once more."))
        stored = _store(source, document, content, defaults, index=index)
    except BrokenDocumentError as error:
        _record(document, State.SKIPPED, problem=str(error))
        return []
    except GoneError as error:
        archive_documents(source.name, [document.path])
        _record(document, State.REMOVED, problem=str(error))
        return []
    _record(
        document,
        stored.outcome,
        problem=" ".join(
            [*stored.problems[:5], *_told_of_findings(stored), *_told_of_twins(stored)]
        ),
        article=stored.articles[0],
        content=content,
        defaults=defaults,
    )
    return list(stored.articles)


def _store(
    source: KnowledgeSource,
    document: SourceDocument,
    content: Content,
    defaults: Defaults,
    *,
    index: bool,
) -> Stored:
    reading = read_documents(
        document.path,
        content.content,
        defaults,
        media_type=content.media_type,
        slug_path=content.slug_path,
    )
    stored = store_documents(
        reading.documents,
        path=document.path,
        source=source,
        index=index,
    )
    problems = (*reading.problems, *stored.problems)
    return Stored(stored.outcome, stored.articles, problems)


def _unchanged(
    source: KnowledgeSource, document: SourceDocument, content: Content | None, defaults: Defaults
) -> list[Article]:
    """The document's articles, if it is what they were made from."""
    if content is not None and document.content_hash != content_hash(content.content, defaults):
        return []
    return list(current_articles(source, document))


def current_articles(source: KnowledgeSource, document: SourceDocument) -> QuerySet[Article]:
    """The articles that its last reading left."""
    return articles_of(source.name, document.path).exclude(import_hash="")


def _told_of_findings(stored: Stored) -> list[str]:
    """What is suspect in the first few articles, with the article's address."""
    return [
        f"{article.slug}: {finding}"
        for article in stored.articles[:20]
        for finding in list_findings(article)
    ][:5]


def _told_of_twins(stored: Stored) -> list[str]:
    """A sentence for each article, of the first few, that says the same as another one."""
    told: list[str] = []
    for article in stored.articles[:20]:
        twin = find_twin(article)
        if twin is not None:
            told.append(
                _(
                    "%(title)s says nearly the same (%(percent)d %%) as %(other)s: "
                    "archive one of them."
                )
                % {
                    "title": article.slug,
                    "percent": round(100 * twin.similarity),
                    "other": twin.article.slug,
                }
            )
    return told[:3]


@transaction.atomic
def _record(
    document: SourceDocument,
    state: State,
    *,
    problem: str | None = None,
    article: Article | None = None,
    content: Content | None = None,
    defaults: Defaults | None = None,
) -> None:
    document.state = state
    document.attempts = 0
    document.content = None
    document.read_at = timezone.now()
    if problem is not None:
        document.problem = problem
    if article is not None:
        document.article = article
    if content is not None and defaults is not None:
        document.content_hash = content_hash(content.content, defaults)
        document.media_type = content.media_type
        document.etag = content.etag
        document.last_modified = content.last_modified
    document.save(update_fields=_RECORDED)
    KnowledgeSource.objects.filter(pk=document.source_id).update(done=F("done") + 1)
    log.debug("document_read", source=document.source_id, document=document.pk, outcome=state.value)
