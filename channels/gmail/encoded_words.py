"""Encoded words of header fields (RFC 2047) and parameters (RFC 2231) to text. Never raises."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from channels.gmail.charsets import decode, repair

# Laxer than RFC 2047 in what stands between the marks: programs leave spaces in.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"\s*")


def decode_words(value: str) -> str:
    """The text of the value. Adjacent words of one charset are joined as bytes, since some
    programs split a character between two; broken words stay as they are."""
    value = repair(value)
    parts: list[str] = []
    pending, pending_charset, position = b"", "", 0
    for match in _WORD.finditer(value):
        charset = match[1].partition("*")[0].lower()  # a language may follow (RFC 2231)
        between = value[position : match.start()]
        data = _word_bytes(match[2], match[3])
        adjacent = bool(pending) and _BETWEEN_WORDS.fullmatch(between) is not None
        if adjacent and charset == pending_charset and data is not None:
            pending += data
        else:
            if pending:
                parts.append(decode(pending, pending_charset))
            parts.append("" if adjacent and data is not None else between)
            pending, pending_charset = data or b"", charset
            if data is None:
                parts.append(match[0])
        position = match.end()
    if pending:
        parts.append(decode(pending, pending_charset))
    return "".join(parts) + value[position:]


def decode_extended(value: str) -> str:
    """A parameter as `charset'language'percent-encoded` (RFC 2231, section 4)."""
    charset, mark, rest = value.partition("'")
    _, second, encoded = rest.partition("'")
    if not mark or not second:
        charset, encoded = "", value
    return decode(unquote_to_bytes(encoded.encode("utf-8", "surrogateescape")), charset)


def _word_bytes(encoding: str, encoded: str) -> bytes | None:
    data = encoded.encode("ascii", "ignore")
    try:
        if encoding in "qQ":
            return binascii.a2b_qp(data, header=True)
        return base64.b64decode(data.rstrip(b"=") + b"=" * (-len(data.rstrip(b"=")) % 4))
    except (binascii.Error, ValueError):
        return None
