"""Names in a prompt that the desk puts words into, written as `{{ company }}`."""

import re
from collections.abc import Mapping

PLACEHOLDERS = ("company", "voice", "tone", "channel", "language")

_NAMED = re.compile(r"\{\{\s*(\w*)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


def find_unknown(text: str) -> list[str]:
    """What stands between double braces, or is one of them, and means nothing."""
    unknown = [name or "{{ }}" for name in _NAMED.findall(text) if name not in PLACEHOLDERS]
    return list(dict.fromkeys(unknown + _BRACES.findall(_NAMED.sub("", text))))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced, once: what is put in is not looked at again."""
    return _NAMED.sub(lambda match: values.get(match[1], match[0]), text)
