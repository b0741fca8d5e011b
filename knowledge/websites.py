"""Sources of web pages: which pages there are, and what each says now."""

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from knowledge.documents import BrokenDocumentError
from knowledge.models import KnowledgeSource, SourceDocument
from knowledge.rounds import Content, GoneError, current_articles
from knowledge.web.addresses import RefusedAddressError, normalised
from knowledge.web.client import FetchError
from knowledge.web.sitemaps import MAX_PAGES, list_addresses
from knowledge.web.visit import Visit


def list_pages(source: KnowledgeSource, visit: Visit) -> list[str]:
    """The addresses of its pages: the sitemap's, or those that it lists.

    Raises FetchError and RefusedAddressError if a sitemap cannot be had. A listed address that is
    not fetched is among the pages, so that its reading says why.
    """
    lines = [line.strip() for line in source.addresses.splitlines() if line.strip()]
    if source.kind == KnowledgeSource.Kind.SITEMAP:
        pages: dict[str, None] = {}
        for line in lines:
            pages.update(dict.fromkeys(list_addresses(line, visit)))
        return list(pages)[:MAX_PAGES]
    return [_normalised(line) for line in lines][:MAX_PAGES]


def fetch_page(source: KnowledgeSource, document: SourceDocument, visit: Visit) -> Content | None:
    """What `rounds.Fetch` promises, of a page."""
    # Only what has articles may be told to be unchanged.
    known = bool(document.etag or document.last_modified) and (
        current_articles(source, document).exists()
    )
    try:
        page = visit.fetch(
            document.path,
            etag=document.etag if known else "",
            last_modified=document.last_modified if known else "",
        )
    except RefusedAddressError as error:
        raise BrokenDocumentError(str(error)) from None
    except FetchError as error:
        if error.status in (404, 410):
            raise GoneError(_("%(reason)s Its article is archived.") % {"reason": error}) from None
        raise BrokenDocumentError(str(error)) from None
    if page is None:
        return None
    return Content(
        content=page.content,
        media_type=page.media_type,
        etag=page.etag,
        last_modified=page.last_modified,
        slug_path=_slug_path(source, document.path),
    )


def _slug_path(source: KnowledgeSource, address: str) -> str:
    """The page's path below the source's name; what follows `?` tells pages apart too."""
    parts = urlsplit(address)
    path = parts.path.strip("/")
    query = f"-{parts.query}" if parts.query else ""
    return f"{source.name}/{path}{query}".rstrip("/")


def _normalised(line: str) -> str:
    try:
        return normalised(line)
    except RefusedAddressError:
        return line
