"""Bytes of a mail to text, whatever their label claims. Never raises."""

import codecs
import re
import unicodedata

# Labels that mail programs use for more than, or for something else than, what Python takes
# them for: gb2312 is written by programs that mean GBK, iso-8859-1 by those that mean cp1252.
_ALIASES = {
    "ansi_x3.4-1968": "utf-8",
    "ascii": "utf-8",
    "cp-850": "cp850",
    "euc-cn": "gb18030",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-1": "cp1252",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-8-i": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "us-ascii": "utf-8",
    "utf8mb4": "utf-8",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-sjis": "cp932",
}
# Codecs of Python's own that no mail is written in; punycode takes quadratic time.
_REFUSED = {"idna", "mbcs", "oem", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}
_JAPANESE_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([BJI])")
_REPLACEMENT = "\ufffd"


def decode(data: bytes, label: str | None) -> str:
    """The text, composed (NFC), since windows-1258 stores Vietnamese accents apart.

    Valid UTF-8 wins over a label that does not fit; an unknown label is guessed.
    """
    codec = _codec(label)
    text = _strict(data, codec) if codec else None
    if text is None:
        text = _strict(data, "utf-8")
    if text is None:
        text = _lenient(data, codec)
    return unicodedata.normalize("NFC", text) if not text.isascii() else text


def repair(text: str) -> str:
    """Raw 8-bit header text, which the parser keeps as surrogates (PEP 383), made readable."""
    if text.isascii():
        return text
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # lone surrogates of another origin
        data = text.encode("utf-8", "replace")
    return decode(data, None)


def _codec(label: str | None) -> str | None:
    name = (label or "").strip(" \t\r\n\"'").lower()
    name = _ALIASES.get(name, name)
    if not name or len(name) > 60 or "\x00" in name:
        return None
    try:
        found = codecs.lookup(name).name
        b"".decode(name)  # refuses codecs that do not make text, such as zip
    except (LookupError, ValueError, TypeError, AssertionError, UnicodeError):
        return None
    return None if found.replace("-", "_") in _REFUSED else name


def _strict(data: bytes, codec: str) -> str | None:
    if codec != "iso2022_jp_ext" and codec.startswith("utf-8") and _JAPANESE_ESCAPE.search(data):
        codec = "iso2022_jp_ext"
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, LookupError):
        return None


def _lenient(data: bytes, codec: str | None) -> str:
    if codec:
        text = data.decode(codec, "replace")
        broken = text.count(_REPLACEMENT)
        readable = sum(not character.isascii() for character in text) - broken
        if readable >= broken:
            return text
    return data.decode("cp1252", "replace").replace(_REPLACEMENT, "")
