"""What a file is by its first bytes; what the sender claims is not believed."""

from dataclasses import dataclass

UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class _Signature:
    content_type: str
    extension: str
    magic: bytes
    offset: int = 0

    def matches(self, content: bytes) -> bool:
        return content.startswith(self.magic, self.offset)


# The kinds that WhatsApp carries (Twilio, "Accepted content types"), the narrower one first.
_SIGNATURES = (
    _Signature("image/jpeg", ".jpg", b"\xff\xd8\xff"),
    _Signature("image/png", ".png", b"\x89PNG\r\n\x1a\n"),
    _Signature("image/gif", ".gif", b"GIF8"),
    _Signature("image/webp", ".webp", b"WEBP", 8),
    _Signature("application/pdf", ".pdf", b"%PDF-"),
    _Signature("audio/ogg", ".ogg", b"OggS"),
    _Signature("audio/amr", ".amr", b"#!AMR"),
    _Signature("audio/mpeg", ".mp3", b"ID3"),
    _Signature("audio/mpeg", ".mp3", b"\xff\xfb"),
    _Signature("audio/aac", ".aac", b"\xff\xf1"),
    _Signature("audio/aac", ".aac", b"\xff\xf9"),
    _Signature("audio/wav", ".wav", b"WAVE", 8),
    _Signature("audio/mp4", ".m4a", b"ftypM4A", 4),
    _Signature("video/3gpp", ".3gp", b"ftyp3g", 4),
    _Signature("video/mp4", ".mp4", b"ftyp", 4),
    _Signature("text/vcard", ".vcf", b"BEGIN:VCARD"),
    _Signature("application/zip", ".zip", b"PK\x03\x04"),
    _Signature("application/x-ole-storage", ".doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
)
# A page or drawing could run in a browser; it is no plain text.
_NOT_PLAIN = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml")


def detect(content: bytes) -> tuple[str, str]:
    """Content type and file extension; (`application/octet-stream`, ".bin") where unsure."""
    for signature in _SIGNATURES:
        if signature.matches(content):
            return signature.content_type, signature.extension
    return ("text/plain", ".txt") if _is_text(content) else (UNKNOWN, ".bin")


def _is_text(content: bytes) -> bool:
    if not content or content[:64].lstrip().lower().startswith(_NOT_PLAIN):
        return False
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character >= " " or character in "\t\n\r\f" for character in text)
