"""Brings the articles of a collection in line with its files.

A collection is a folder of Markdown. Its name and a file's path in it, kept in `imported_from`,
tie an article to its file; the hash of the file's bytes tells whether the file has changed since.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _

from knowledge.documents import BrokenDocumentError, Document, read_document
from knowledge.embeddings import get_embedder
from knowledge.indexing import index_article, request_indexing
from knowledge.models import Article
from knowledge.sources import SourceFile, folder_files
from knowledge.types import ImportReport
from knowledge.vectors import activate_if_complete, get_index

Progress = Callable[[int, int, str], None]

_ADDED = "added"
_CHANGED = "changed"
_UNCHANGED = "unchanged"


class NothingToImportError(Exception):
    """There is no Markdown file; the message says where."""


def import_folder(
    folder: Path, *, collection: str = "", progress: Progress | None = None
) -> ImportReport:
    """Imports every Markdown file below the folder and indexes what needs it, embedding here.

    If the embedding model was changed, its vectors are searched from the moment that every
    passage of every collection has one.

    Raises NothingToImportError before anything is changed, so that a wrong path archives nothing.
    """
    try:
        files = folder_files(folder)
    except OSError as error:
        raise NothingToImportError(
            _("%(path)s cannot be read: %(reason)s.")
            % {"path": error.filename, "reason": error.strerror}
        ) from None
    if not files:
        raise NothingToImportError(_("%(path)s holds no Markdown file.") % {"path": folder})
    return import_files(
        files,
        collection=collection or folder.resolve().name,
        complete=True,
        embed_here=True,
        progress=progress,
    )


def import_files(
    files: Sequence[SourceFile],
    *,
    collection: str,
    complete: bool,
    embed_here: bool,
    progress: Progress | None = None,
) -> ImportReport:
    """Adds and changes articles, one transaction each; a broken file is skipped with its reason.

    An article that was edited in the console is overwritten only when its file has changed; its
    history keeps the edit. If the files are the `complete` collection, articles whose file has
    vanished are archived; a file that is there but broken keeps its article as it was. With
    `embed_here` articles are indexed at once, else a job does it.
    """
    outcomes: dict[str, list[str]] = {_ADDED: [], _CHANGED: [], _UNCHANGED: []}
    skipped: list[tuple[str, str]] = []
    # First, so that a file that moved finds its address free.
    removed = _archive_missing(collection, {file.path for file in files}) if complete else []
    for done, file in enumerate(files):
        if progress:
            progress(done, len(files), file.path)
        try:
            document = read_document(file.path, file.read())
            outcome, article = _store(document, collection, embed_here=embed_here)
        except BrokenDocumentError as error:
            skipped.append((file.path, str(error)))
            continue
        if embed_here:
            index_article(article.pk)
        outcomes[outcome].append(file.path)
    if embed_here:
        activate_if_complete(get_index(get_embedder()))
    if progress:
        progress(len(files), len(files), "")
    return ImportReport(
        added=tuple(outcomes[_ADDED]),
        changed=tuple(outcomes[_CHANGED]),
        removed=tuple(removed),
        unchanged=tuple(outcomes[_UNCHANGED]),
        skipped=tuple(skipped),
    )


@transaction.atomic
def _store(document: Document, collection: str, *, embed_here: bool) -> tuple[str, Article]:
    """Returns what happened and the article, which is locked until the transaction ends."""
    origin = f"{collection}/{document.path}"
    if len(origin) > 500:
        raise BrokenDocumentError(_("Its path is longer than 500 characters."))
    _lock_address(document.slug)
    article = Article.objects.select_for_update().filter(imported_from=origin).first()
    if article is not None and article.import_hash == document.content_hash:
        return _UNCHANGED, article
    holder = Article.objects.filter(slug=document.slug).exclude(imported_from=origin).first()
    if holder is not None and article is None and _has_vanished(holder, collection):
        article = holder
    elif holder is not None:
        raise BrokenDocumentError(
            _("Its address %(slug)s belongs to another article: %(holder)s.")
            % {"slug": document.slug, "holder": holder.imported_from or holder.title}
        )
    outcome = _CHANGED
    if article is None or not article.import_hash:
        outcome = _ADDED
        article = article or Article()
        article.imported_from = origin
        article.state = document.state
    for field in (
        "slug", "title", "summary", "topic", "product", "keywords", "language", "audience",
        "checked_on", "valid_until", "body",
    ):  # fmt: skip
        setattr(article, field, getattr(document, field))
    article.import_hash = document.content_hash
    article.save()
    if not embed_here:
        request_indexing(article.pk)
    return outcome, article


def _has_vanished(article: Article, collection: str) -> bool:
    """Its file left the collection, and perhaps comes back under another name."""
    return not article.import_hash and article.imported_from.startswith(f"{collection}/")


def _lock_address(slug: str) -> None:
    """Two imports of one file follow each other, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7203))", [slug])


def _archive_missing(collection: str, present: set[str]) -> list[str]:
    archived: list[str] = []
    missing = Article.objects.filter(imported_from__startswith=f"{collection}/")
    for pk, origin in list(missing.exclude(import_hash="").values_list("pk", "imported_from")):
        path = origin.removeprefix(f"{collection}/")
        if path in present:
            continue
        with transaction.atomic():
            article = Article.objects.select_for_update().get(pk=pk)
            article.state = Article.State.ARCHIVED
            # Empty, so that the file is published again should it come back.
            article.import_hash = ""
            article.save(update_fields=["state", "import_hash", "updated_at"])
        archived.append(path)
    return archived
