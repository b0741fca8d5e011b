"""Characters that a reader does not see, which instructions to a model are hidden in."""

import re

# Zero-width and direction characters, soft hyphens, invisible operators and the tag block.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\U000e0000-\U000e0fff]"
)
# Joiners shape Persian and Indic words and join emoji; between ASCII letters they only hide.
_IDLE_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])")


def strip_invisible(text: str) -> str:
    """The text as it is seen."""
    if text.isascii():
        return text
    return _IDLE_JOINER.sub("", _INVISIBLE.sub("", text)).replace("\u00a0", " ")
