"""From a file's bytes to its documents, whatever its format."""

import hashlib
import posixpath
from dataclasses import astuple, dataclass

from django.utils.translation import gettext as _

from knowledge.documents.conversion import Converted, convert
from knowledge.documents.document import (
    BrokenDocumentError,
    Defaults,
    Document,
    address,
    in_words,
    too_large,
)
from knowledge.documents.kinds import LIMITS, Kind, kind_of
from knowledge.documents.markdown import read_markdown, read_text
from knowledge.documents.records import read_json, read_table

_TOLD_WORDS = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds; `problems` name parts of it that were left out, as sentences."""

    documents: tuple[Document, ...]
    problems: tuple[str, ...] = ()


def content_hash(content: bytes, defaults: Defaults) -> str:
    """Changes with the file and with how it is read."""
    return hashlib.sha256(content + "\0".join(map(str, astuple(defaults))).encode()).hexdigest()


def read_documents(
    path: str, content: bytes, defaults: Defaults, *, media_type: str = "", slug_path: str = ""
) -> Reading:
    """Reads a file, or a page with the address `path`. Raises BrokenDocumentError.

    PDF, DOCX and HTML are read by another process, which takes up to a minute. `slug_path` is the
    path that the articles get where it is not the file's own.
    """
    kind = kind_of(path, media_type)
    if kind is None:
        raise BrokenDocumentError(
            _("Its format is not known. Known are Markdown, HTML, PDF, DOCX, CSV, JSON and text.")
        )
    if len(content) > LIMITS[kind]:
        raise too_large(LIMITS[kind])
    identity = content_hash(content, defaults)
    if kind is Kind.MARKDOWN:
        return Reading((read_markdown(path, content, defaults, identity),))
    if kind is Kind.TEXT:
        return Reading((read_text(path, content, defaults, identity),))
    if kind in (Kind.TABLE, Kind.JSON):
        read = read_table if kind is Kind.TABLE else read_json
        documents, problems = read(path, content, defaults)
        return Reading(tuple(documents), tuple(problems))
    converted = convert(kind.value, content, page=path if "://" in path else "")
    document = _write(path, converted, defaults, identity, slug_path or path)
    return Reading((document,), tuple(_tell_hidden(converted)))


def _tell_hidden(converted: Converted) -> list[str]:
    """What was left out, but for a word or two."""
    told = [words for words in converted.hidden if len(words.split()) >= _TOLD_WORDS]
    return [
        _("Text that its readers do not see was left out: “%(words)s”.") % {"words": words[:120]}
        for words in told[:3]
    ]


def _write(
    path: str, converted: Converted, defaults: Defaults, identity: str, slug_path: str
) -> Document:
    slug = address(slug_path)
    folder = posixpath.dirname(slug_path)
    return Document(
        path=path,
        slug=slug,
        title=(converted.title or in_words(slug))[:200],
        summary=converted.summary[:400],
        topic=defaults.topic or ("" if "://" in path else in_words(folder)[:100]),
        product=defaults.product,
        keywords="",
        language=converted.language or defaults.language,
        audience=defaults.audience,
        state=defaults.state,
        checked_on=None,
        valid_until=None,
        body=converted.body,
        content_hash=identity,
    )
