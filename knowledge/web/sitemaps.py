"""The addresses that a sitemap names, or a text file with one on each line."""

import zlib
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from lxml import etree  # type: ignore[import-untyped]

from knowledge.web.addresses import RefusedAddressError, normalised
from knowledge.web.client import FetchError, Page
from knowledge.web.visit import Visit

MAX_PAGES = 2000
_MAX_SITEMAPS = 50
_MAX_UNPACKED = 20 * 1024 * 1024


def list_addresses(address: str, visit: Visit) -> list[str]:
    """The pages that the sitemap names, and those that it names by further sitemaps, in order.

    Pages of other websites are left out, as the sitemaps protocol says. At most 2,000.
    Raises FetchError if it cannot be had, is none, or names no page, and RefusedAddressError.
    """
    host = urlsplit(normalised(address)).hostname
    waiting, seen, pages = [normalised(address)], set[str](), dict[str, None]()
    while waiting and len(seen) < _MAX_SITEMAPS and len(pages) < MAX_PAGES:
        current = waiting.pop(0)
        if current in seen:
            continue
        seen.add(current)
        page = visit.fetch(current)
        if page is None:
            continue
        further, named = _read(page)
        waiting += [one for one in _on_site(further, host) if one not in seen]
        pages.update(dict.fromkeys(_on_site(named, host)))
    if not pages:
        raise FetchError(_("The sitemap names no page of its website."))
    return list(pages)[:MAX_PAGES]


def _on_site(addresses: list[str], host: str | None) -> list[str]:
    kept: list[str] = []
    for address in addresses:
        try:
            address = normalised(address)
        except RefusedAddressError:
            continue
        if urlsplit(address).hostname == host:
            kept.append(address)
    return kept


def _read(page: Page) -> tuple[list[str], list[str]]:
    """The sitemaps and the pages that it names."""
    content = _unpacked(page.content)
    if not content.lstrip().startswith((b"<", b"\xef\xbb\xbf<")):
        lines = content.decode("utf-8-sig", "replace").split()
        return [], [line for line in lines if line.startswith(("http://", "https://"))]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise FetchError(_("It is no sitemap: it is not valid XML.")) from None
    name = etree.QName(root).localname
    if name not in ("urlset", "sitemapindex"):
        raise FetchError(_("It is no sitemap: give the address of one, such as /sitemap.xml."))
    found = root.xpath("./*/*[local-name()='loc']/text()")
    addresses = [str(text).strip() for text in found] if isinstance(found, list) else []
    return (addresses, []) if name == "sitemapindex" else ([], addresses)


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(content, _MAX_UNPACKED + 1)
    except zlib.error:
        raise FetchError(_("The server sent something damaged.")) from None
    if len(unpacked) > _MAX_UNPACKED:
        raise FetchError(_("The sitemap is too large."))
    return unpacked
