"""Which files customers may attach: the extension says what a file is, its first bytes prove it.

No type is among them that a browser would run, and no archive, which could hold anything.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.models import Attachment, Message
from crm.types import IncomingFile
from tickets.models import Ticket

NAME_MAX = 120


@dataclass(frozen=True, slots=True)
class FileType:
    content_type: str
    matches: Callable[[bytes], bool]


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signatures)


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _is_text(content: bytes) -> bool:
    """UTF-8, UTF-16 with its mark or a one-byte encoding, without control characters.

    A page or a PDF is text as well, but not what the name says.
    """
    if content[:64].lstrip().lower().startswith(_NOT_PLAIN):
        return False
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = content.decode("utf-16")
        else:
            text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return not any(character < " " and character not in "\t\n\r\f\x1b" for character in text)


_NOT_PLAIN = (b"%pdf-", b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml")
_JPEG = FileType("image/jpeg", _starts(b"\xff\xd8\xff"))
_TEXT = FileType("text/plain", _is_text)
ALLOWED = {
    ".png": FileType("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".gif": FileType("image/gif", _starts(b"GIF87a", b"GIF89a")),
    ".webp": FileType("image/webp", _is_webp),
    ".pdf": FileType("application/pdf", _starts(b"%PDF-")),
    ".txt": _TEXT,
    ".log": _TEXT,
    ".csv": FileType("text/csv", _is_text),
}
ALLOWED_NAMES = "PNG, JPEG, GIF, WebP, PDF, TXT, LOG, CSV"


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a form says about files before they are sent, in words and for its script."""

    count: int
    size: int
    size_in_words: str
    types: str
    accept: str
    too_many: str
    too_large: str


def get_file_limits() -> FileLimits:
    count, size = settings.ATTACHMENT_MAX_FILES, settings.ATTACHMENT_MAX_BYTES
    return FileLimits(
        count=count,
        size=size,
        size_in_words=_in_words(size),
        types=ALLOWED_NAMES,
        accept=",".join(ALLOWED),
        too_many=too_many_files(),
        too_large=_("“%(name)s” is larger than %(limit)s.")
        % {"name": "%(name)s", "limit": _in_words(size)},
    )


def too_many_files() -> str:
    count = settings.ATTACHMENT_MAX_FILES
    return ngettext("Choose at most %(count)s file.", "Choose at most %(count)s files.", count) % {
        "count": count
    }


def check_file(name: str, content: bytes, *, size: int) -> IncomingFile:
    """The file under a safe name and with the type that its bytes prove.

    `size` is the whole size, where `content` may be cut off above the limit. Raises
    ValidationError with a sentence that names the file.
    """
    name = safe_name(name)
    names = {"name": name, "types": ALLOWED_NAMES}
    if size > settings.ATTACHMENT_MAX_BYTES:
        limit = _in_words(settings.ATTACHMENT_MAX_BYTES)
        raise ValidationError(
            _("“%(name)s” is larger than %(limit)s.") % {"name": name, "limit": limit}
        )
    if not content:
        raise ValidationError(_("“%(name)s” is empty.") % names)
    kind = ALLOWED.get(PurePosixPath(name).suffix.lower())
    if kind is None:
        raise ValidationError(
            _("“%(name)s” is of a type that we do not accept. Send one of: %(types)s.") % names
        )
    if not kind.matches(content):
        raise ValidationError(
            _("“%(name)s” is not what its name says. Save it as its real type and try again.")
            % names
        )
    return IncomingFile(name=name, content_type=kind.content_type, content=content)


def _in_words(size: int) -> str:
    """`5 MB`, where Django would say `5.0 MB`."""
    return re.sub(r"[.,]0(?=\D)", "", filesizeformat(size))


def safe_name(name: str) -> str:
    """The last part of the path, without characters that hide or turn around what it says."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(
        character
        for character in last
        if unicodedata.category(character)[0] not in "CZ" or character == " "
    ).strip(" .")
    path = PurePosixPath(visible or "file")
    return f"{path.stem[: NAME_MAX - len(path.suffix[:12])]}{path.suffix[:12]}"


def get_attachment(ticket: Ticket, attachment_id: int) -> Attachment | None:
    """The file, if it belongs to a message of this ticket's conversation that is shown there."""
    shown = Message.objects.public().filter(conversation=ticket.conversation_id)
    return Attachment.objects.filter(pk=attachment_id, message__in=shown).first()
