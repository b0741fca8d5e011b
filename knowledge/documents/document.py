"""What every format is read into, and the address that it gets."""

import posixpath
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from knowledge.documents.kinds import SUFFIX


class BrokenDocumentError(Exception):
    """The file cannot become an article; the message is the reason and, where it is not plain
    from that, what to do, as sentences."""


def too_large(limit: int) -> BrokenDocumentError:
    return BrokenDocumentError(
        _("It is larger than %(limit)d MB: split it.") % {"limit": limit // 1024**2}
    )


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a document is taken to be where it does not say so itself."""

    language: str = "en"
    audience: str = "public"
    product: str = ""
    topic: str = ""
    state: str = "published"


@dataclass(frozen=True, slots=True)
class Document:
    """A readable document. `path` is relative to its collection, or a web address, and with `#`
    and a name where a file holds several; `body` is Markdown; `content_hash` changes with what it
    was read from."""

    path: str
    slug: str
    title: str
    summary: str
    topic: str
    product: str
    keywords: str
    language: str
    audience: str
    state: str
    checked_on: date | None
    valid_until: date | None
    body: str
    content_hash: str


def address(path: str) -> str:
    """The address of the article that a file becomes: `v1/user/_index.md` is `v1/user`.

    Raises BrokenDocumentError if nothing usable in an address remains.
    """
    parts = [slugified(part) for part in SUFFIX.sub("", path).split("/")]
    if parts[-1] in ("_index", "index") and len(parts) > 1:
        parts.pop()
    elif parts[-1] == "_index":
        parts = ["index"]
    if not all(parts):
        raise BrokenDocumentError(_("Its name gives no address: use letters or digits."))
    slug = "/".join(parts)
    if len(slug) > 200:
        raise BrokenDocumentError(_("Its path is longer than 200 characters."))
    return slug


def slugified(part: str) -> str:
    normal = unicodedata.normalize("NFKC", part).strip().lower()
    return re.sub(r"[^\w.]+", "-", normal).strip("-.")


def in_words(path: str) -> str:
    """`billing/change-plan` as `Change plan`."""
    words = posixpath.basename(path).replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
