"""Bytes of a text file as text."""

from django.utils.translation import gettext as _

from knowledge.documents.document import BrokenDocumentError


def decode(content: bytes) -> str:
    """The text with `\\n` at the ends of its lines. Raises BrokenDocumentError."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):  # as spreadsheets and old editors save
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError:
            raise BrokenDocumentError(_("It is not UTF-16, as its first bytes say.")) from None
    else:
        text = _decode_utf8(content)
    if "\0" in text:
        raise BrokenDocumentError(_("It contains NUL characters, so it is no text."))
    if not text.strip():
        raise BrokenDocumentError(_("It is empty."))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode_utf8(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BrokenDocumentError(
            _("It is not UTF-8: see line %(line)d. Save it as UTF-8.") % {"line": line}
        ) from None
