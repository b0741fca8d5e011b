"""The formats that can be imported, told apart by a file's suffix or by its media type."""

import enum
import re


class Kind(enum.Enum):
    MARKDOWN = "markdown"
    TEXT = "text"
    TABLE = "table"
    JSON = "json"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"


_SUFFIXES = {
    "md": Kind.MARKDOWN,
    "markdown": Kind.MARKDOWN,
    "txt": Kind.TEXT,
    "text": Kind.TEXT,
    "csv": Kind.TABLE,
    "json": Kind.JSON,
    "htm": Kind.HTML,
    "html": Kind.HTML,
    "xhtml": Kind.HTML,
    "pdf": Kind.PDF,
    "docx": Kind.DOCX,
}
_MEDIA_TYPES = {
    "text/markdown": Kind.MARKDOWN,
    "text/plain": Kind.TEXT,
    "text/csv": Kind.TABLE,
    "application/json": Kind.JSON,
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "application/pdf": Kind.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Kind.DOCX,
}
SUFFIX = re.compile(rf"\.({'|'.join(_SUFFIXES)})$", re.IGNORECASE)
# For the file dialogs of browsers.
ACCEPTED = ",".join(f".{suffix}" for suffix in _SUFFIXES)

_MEGABYTE = 1024 * 1024
# A text of 1 MB is a book; the other formats carry pictures and fonts.
LIMITS = {
    Kind.MARKDOWN: _MEGABYTE,
    Kind.TEXT: _MEGABYTE,
    Kind.TABLE: 5 * _MEGABYTE,
    Kind.JSON: 5 * _MEGABYTE,
    Kind.HTML: 5 * _MEGABYTE,
    Kind.PDF: 20 * _MEGABYTE,
    Kind.DOCX: 20 * _MEGABYTE,
}
MAX_BYTES = max(LIMITS.values())


def kind_of(path: str, media_type: str = "") -> Kind | None:
    """The format, None if it is none of ours. The media type counts where the server names one of
    ours; text that a server calls plain may have a suffix that says more."""
    suffix = SUFFIX.search(path)
    by_suffix = _SUFFIXES[suffix[1].lower()] if suffix else None
    by_type = _MEDIA_TYPES.get(media_type.partition(";")[0].strip().lower())
    if by_type is Kind.TEXT and by_suffix in (Kind.MARKDOWN, Kind.TABLE, Kind.JSON):
        return by_suffix
    if media_type and by_type is None and "octet-stream" not in media_type:
        return None
    return by_type or by_suffix


def limit_of(path: str) -> int:
    """How many bytes a file of its format may have."""
    kind = kind_of(path)
    return LIMITS[kind] if kind else MAX_BYTES
