"""Which files of a mail are kept, and which are left out and why."""

import re
from dataclasses import dataclass

from django.conf import settings

from channels.gmail.structure import Part
from channels.gmail.types import MailAttachment, OmissionReason, OmittedAttachment
from crm.services import printable

_UNSAFE = re.compile(r"[\\/:*?\"<>|\x00-\x1f]+")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # make exe.fdp of pdf.exe
_EXTENSIONS = {"message/rfc822": ".eml", "text/calendar": ".ics", "text/plain": ".txt"}


@dataclass(frozen=True, slots=True)
class Files:
    kept: tuple[MailAttachment, ...]
    omitted: tuple[OmittedAttachment, ...]


def collect_files(parts: list[Part], *, shown_cids: frozenset[str]) -> Files:
    """The files in their order, within ATTACHMENT_MAX_FILES and ATTACHMENT_MAX_BYTES each.

    Pictures that the text shows by Content-ID (RFC 2392) come after other files in the count:
    the logos of a signature must not displace an invoice.
    """
    order = sorted(range(len(parts)), key=lambda index: _cid(parts[index], shown_cids) is not None)
    kept: dict[int, MailAttachment] = {}
    omitted: dict[int, OmittedAttachment] = {}
    for index in order:
        part = parts[index]
        name, data = file_name(part, index + 1), part.data
        if not data:
            reason = OmissionReason.UNREADABLE
        elif len(data) > settings.ATTACHMENT_MAX_BYTES:
            reason = OmissionReason.TOO_LARGE
        elif len(kept) >= settings.ATTACHMENT_MAX_FILES:
            reason = OmissionReason.TOO_MANY
        else:
            kept[index] = MailAttachment(name, part.content_type, data, _cid(part, shown_cids))
            continue
        omitted[index] = OmittedAttachment(name, part.content_type, len(data), reason)
    return Files(
        tuple(kept[index] for index in sorted(kept)),
        tuple(omitted[index] for index in sorted(omitted)),
    )


def file_name(part: Part, number: int) -> str:
    """The file's name without path or control characters, at most 200 characters long."""
    name = _BIDI.sub("", _UNSAFE.sub("_", printable(part.name))).strip(" ._")
    if not name:
        return f"attachment-{number}{_EXTENSIONS.get(part.content_type, '')}"
    if len(name) > 200:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[: 199 - len(extension)]}{dot}{extension}" if len(extension) < 20 else name
    return name[:200]


def _cid(part: Part, shown_cids: frozenset[str]) -> str | None:
    return part.cid if part.cid and part.cid in shown_cids else None
