"""Reads a source whole: a folder by the command, uploads and websites by the worker."""

import functools
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from knowledge import rounds
from knowledge.documents import BrokenDocumentError
from knowledge.embeddings import get_embedder
from knowledge.files import folder_files
from knowledge.models import KnowledgeSource, SourceDocument
from knowledge.rounds import Content, Fetch
from knowledge.sources import enqueue_reading
from knowledge.types import ImportReport
from knowledge.vectors import activate_if_complete, get_index
from knowledge.web.addresses import RefusedAddressError
from knowledge.web.client import FetchError
from knowledge.web.visit import Visit
from knowledge.websites import fetch_page, list_pages
from knowledge.words import count_words

Progress = Callable[[int, int, str], None]
Kind = KnowledgeSource.Kind
State = SourceDocument.State

# Seconds after which a job makes way for others and goes on in a new one.
_SECONDS_AT_ONCE = 60


class NothingToImportError(Exception):
    """There is nothing to import; the message says where and why."""


def read_source(source_id: int) -> None:
    """What the worker does: lists the documents if that has not been done, reads for a minute,
    and leaves the rest to a further job. May run twice."""
    source = KnowledgeSource.objects.filter(pk=source_id).first()
    if source is None or not source.is_busy() or source.kind == Kind.FOLDER:
        return
    with ExitStack() as stack:
        fetch: Fetch = _from_upload
        if source.is_web():
            visit = stack.enter_context(Visit())
            fetch = functools.partial(fetch_page, source, visit=visit)
            if source.state == KnowledgeSource.State.WAITING and not _begin(source, visit):
                return
        until = time.monotonic() + _SECONDS_AT_ONCE
        for _document in rounds.read_waiting(source, fetch, embed_here=False):
            if time.monotonic() > until:
                with transaction.atomic():
                    enqueue_reading(source.pk)
                return
    rounds.finish(source, now=timezone.now())


def import_folder(
    folder: Path, *, collection: str = "", progress: Progress | None = None
) -> ImportReport:
    """Imports every document below the folder, or the one file, and indexes what needs it,
    embedding here.

    If the embedding model was changed, its vectors are searched from the moment that every
    passage of every collection has one.

    Raises NothingToImportError before anything is changed, so that a wrong path archives nothing.
    """
    try:
        files = {file.path: file for file in folder_files(folder)}
    except BrokenDocumentError as error:
        raise NothingToImportError(str(error)) from None
    except OSError as error:
        raise NothingToImportError(
            _("%(path)s cannot be read: %(reason)s.")
            % {"path": error.filename, "reason": error.strerror}
        ) from None
    if not files:
        raise NothingToImportError(
            _("%(path)s holds no document. Known are Markdown, HTML, PDF, DOCX, CSV, JSON and "
              "text.") % {"path": folder}
        )  # fmt: skip
    source = _get_source(collection or folder.resolve().name, Kind.FOLDER)
    removed = rounds.begin(source, files, complete=len(files) > 1 or folder.is_dir())

    def fetch(document: SourceDocument) -> Content:
        return Content(files[document.path].read())

    return _read_here(source, fetch, removed, progress)


def import_addresses(
    addresses: Sequence[str], *, collection: str, progress: Progress | None = None
) -> ImportReport:
    """Reads the pages, or those of a sitemap (an address that ends in .xml, .xml.gz or
    sitemap.txt), here and now. The source can be read again from the console afterwards.

    Raises NothingToImportError if the pages cannot be listed.
    """
    sitemap = all(_is_sitemap(address) for address in addresses)
    source = _get_source(collection, Kind.SITEMAP if sitemap else Kind.PAGES)
    listed = "\n".join(addresses)
    if sitemap or source.addresses != listed:
        source.addresses = listed
        source.save(update_fields=["addresses"])
    with Visit() as visit:
        try:
            pages = list_pages(source, visit)
        except (FetchError, RefusedAddressError) as error:
            rounds.fail(source, str(error), now=timezone.now())
            raise NothingToImportError(str(error)) from None
        removed = rounds.begin(source, pages, complete=True)
        fetch = functools.partial(fetch_page, source, visit=visit)
        return _read_here(source, fetch, removed, progress)


def _begin(source: KnowledgeSource, visit: Visit) -> bool:
    """Lists a website's pages; False, with the reason recorded, if that cannot be done."""
    try:
        pages = list_pages(source, visit)
    except (FetchError, RefusedAddressError) as error:
        rounds.fail(source, str(error), now=timezone.now())
        return False
    rounds.begin(source, pages, complete=True)
    return True


def _from_upload(document: SourceDocument) -> Content:
    if document.content is None:
        raise BrokenDocumentError(_("It was read before: upload it again."))
    return Content(bytes(document.content))


def _get_source(name: str, kind: str) -> KnowledgeSource:
    source, _made = KnowledgeSource.objects.get_or_create(name=name, defaults={"kind": kind})
    if source.kind != kind and (kind == Kind.FOLDER or source.kind == Kind.FOLDER):
        raise NothingToImportError(
            _("%(name)s is the name of another source, of the kind «%(kind)s». Give another name "
              "with --collection.") % {"name": name, "kind": source.get_kind_display()}
        )  # fmt: skip
    if source.kind != kind:
        source.kind = kind
        source.save(update_fields=["kind"])
    return source


def _is_sitemap(address: str) -> bool:
    path = address.partition("?")[0].lower()
    return path.endswith((".xml", ".xml.gz", "sitemap.txt"))


def _read_here(
    source: KnowledgeSource, fetch: Fetch, removed: list[str], progress: Progress | None
) -> ImportReport:
    """Reads and indexes in this process."""
    outcomes: dict[str, list[str]] = {state: [] for state in State.values}
    told: list[tuple[str, str]] = []
    total = source.documents.filter(state=State.WAITING).count()
    for done, document in enumerate(rounds.read_waiting(source, fetch, embed_here=True), 1):
        outcomes[document.state].append(document.path)
        if document.problem and document.state != State.UNCHANGED:
            told.append((document.path, document.problem))
        if progress:
            progress(done, total, document.path)
    activate_if_complete(get_index(get_embedder()))
    count_words()
    rounds.finish(source, now=timezone.now())
    skipped = set(outcomes[State.SKIPPED])
    return ImportReport(
        added=tuple(outcomes[State.ADDED]),
        changed=tuple(outcomes[State.CHANGED]),
        removed=(*removed, *outcomes[State.REMOVED]),
        unchanged=tuple(outcomes[State.UNCHANGED]),
        skipped=tuple(entry for entry in told if entry[0] in skipped),
        remarks=tuple(entry for entry in told if entry[0] not in skipped),
    )
