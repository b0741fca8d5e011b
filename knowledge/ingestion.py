"""Brings articles in line with the documents that they come from.

A collection's name and a document's path in it, kept in `imported_from`, tie an article to its
document; the hash of what was read tells whether it has changed since.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from knowledge.documents import BrokenDocumentError, Document
from knowledge.indexing import request_indexing
from knowledge.models import Article, KnowledgeSource, SourceDocument

_FIELDS = (
    "slug", "title", "summary", "topic", "product", "keywords", "language", "audience",
    "checked_on", "valid_until", "body",
)  # fmt: skip
State = SourceDocument.State


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a file or page; `problems` name the parts of it that were left out."""

    outcome: State
    articles: tuple[Article, ...]
    problems: tuple[str, ...]


def store_documents(
    documents: Sequence[Document], *, path: str, source: KnowledgeSource, index: bool
) -> Stored:
    """Adds or changes the articles of what was read from `path`, a transaction each, and archives
    those whose part of it has vanished.

    An article that was edited in the console is overwritten only when its document has changed;
    its history keeps the edit. With `index` a job makes what changed searchable. Raises
    BrokenDocumentError if nothing can be stored.
    """
    outcomes: set[State] = set()
    articles: list[Article] = []
    problems: list[str] = []
    for document in documents:
        try:
            outcome, article = _store(document, source, index=index)
        except BrokenDocumentError as error:
            problems.append(str(error))
            continue
        outcomes.add(outcome)
        articles.append(article)
    if not articles:
        raise BrokenDocumentError(" ".join(problems[:3]))
    present = {f"{source.name}/{document.path}" for document in documents}
    if _archive_all(articles_of(source.name, path).exclude(imported_from__in=present)):
        outcomes.add(State.REMOVED)
    outcome = outcomes.pop() if len(outcomes) == 1 else State.CHANGED
    return Stored(outcome, tuple(articles), tuple(problems))


def articles_of(collection: str, path: str) -> QuerySet[Article]:
    """The articles that were read from the file or page."""
    origin = f"{collection}/{path}"
    return Article.objects.filter(
        Q(imported_from=origin) | Q(imported_from__startswith=f"{origin}#")
    )


def archive_documents(collection: str, paths: Iterable[str]) -> list[str]:
    """Archives the articles of documents that have vanished; returns the paths that had any."""
    return [path for path in paths if _archive_all(articles_of(collection, path))]


def archive_missing(collection: str, present: set[str]) -> list[str]:
    """Archives the articles whose document is not among the `present` paths; returns theirs."""
    stored = Article.objects.filter(imported_from__startswith=f"{collection}/")
    origins = stored.exclude(import_hash="").values_list("imported_from", flat=True)
    paths = {origin.removeprefix(f"{collection}/") for origin in origins}
    missing = {_file_of(path, present) for path in paths} - present
    return archive_documents(collection, sorted(missing))


def _file_of(path: str, present: set[str]) -> str:
    """The document that an article's path belongs to: before the last `#` is its file."""
    before, mark, _name = path.rpartition("#")
    return before if mark and path not in present else path


@transaction.atomic
def _archive_all(articles: QuerySet[Article]) -> int:
    """Archives those that are not archived for that already; returns how many."""
    vanished = list(articles.exclude(import_hash="").select_for_update(of=("self",)))
    for article in vanished:
        article.state = Article.State.ARCHIVED
        # Empty, so that the document is published again should it come back.
        article.import_hash = ""
        article.save(update_fields=["state", "import_hash", "updated_at"])
    return len(vanished)


@transaction.atomic
def _store(document: Document, source: KnowledgeSource, *, index: bool) -> tuple[State, Article]:
    """Returns what happened and the article, which is locked until the transaction ends."""
    collection = source.name
    origin = f"{collection}/{document.path}"
    if len(origin) > 500:
        raise BrokenDocumentError(_("Its path is longer than 500 characters."))
    _lock_address(document.slug)
    article = Article.objects.select_for_update().filter(imported_from=origin).first()
    if article is not None and article.import_hash == document.content_hash:
        return State.UNCHANGED, article
    holder = Article.objects.filter(slug=document.slug).exclude(imported_from=origin).first()
    if holder is not None and article is None and _has_vanished(holder, collection):
        article = holder
    elif holder is not None:
        raise BrokenDocumentError(
            _(
                "Its address %(slug)s belongs to another article: %(holder)s. Rename one of them, "
                "or import it under another collection's name."
            )
            % {"slug": document.slug, "holder": holder.imported_from or holder.title}
        )
    outcome = State.CHANGED
    if article is None or not article.import_hash:
        outcome = State.ADDED
        article = article or Article(owner_id=source.owner_id)
        article.imported_from = origin
        article.state = document.state
    for field in _FIELDS:
        setattr(article, field, getattr(document, field))
    article.import_hash = document.content_hash
    # What its history shows of this version.
    article._history_user = source.asked_by  # type: ignore[attr-defined]  # simple-history's
    article._change_reason = _("read from %(origin)s") % {"origin": origin[:80]}  # type: ignore[attr-defined]
    article.save()
    if index:
        request_indexing(article.pk)
    return outcome, article


def _has_vanished(article: Article, collection: str) -> bool:
    """Its document left the collection, and perhaps comes back under another name."""
    return not article.import_hash and article.imported_from.startswith(f"{collection}/")


def _lock_address(slug: str) -> None:
    """Two imports of one document follow each other, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7203))", [slug])
