"""Texts that hide what they say from rules: encoded, spelled letter by letter, in emblems.

For matching only: nobody reads what comes out of here.
"""

import base64
import binascii
import re
import string
from collections.abc import Iterator, Set

# What every text has, and what is asked for in disguise.
COMMON_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a i y à e o all the your you me my this that what is are do not from now on give tell show
        print send system prompt secret hidden internal password customer data refund instructions
        previous
        """,
    )
)

_ENCODED = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,8000}={0,2}(?![\w+/=-])")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[ :]?){12,4000}")
_LETTERS = r"[^\W\d_]"
# Twelve letters, each alone: "i g n o r e - a l l", "I.G.N.O.R.E".
_SPELLED = re.compile(
    rf"(?<!\w){_LETTERS}(?:(?:[ \t.,*_|/+-]|\s?[-·•|/]\s?){_LETTERS}(?!\w)){{11,2000}}"
)
_MAX_WORD = 20
_SHARE_READABLE = 0.9
_READABLE = set(string.ascii_letters + " ,.!?'\"-:;\n")
_EMBLEMS = str.maketrans(
    {
        chr(first + offset): chr(ord("a") + offset)
        # Regional indicators, and letters in squares and circles, which NFKC leaves as they are.
        for first in (0x1F1E6, 0x1F130, 0x1F150, 0x1F170)
        for offset in range(26)
    }
)


def unmask(text: str, vocabulary: Set[str]) -> list[str]:
    """What a cleaned text says underneath its disguises; [] for one without any.

    Letters that were spelled one by one are joined to words of the `vocabulary`.
    """
    found = [*_decode(text)]
    plain = text.translate(_EMBLEMS)
    if plain != text:
        found.append(plain)
    joined = _SPELLED.sub(lambda match: _join(match[0], vocabulary), plain)
    if joined != plain:
        found.append(joined)
    return found


def _decode(text: str) -> Iterator[str]:
    for match in _ENCODED.finditer(text):
        yield from _readable(_from_base64(match[0]))
    for match in _HEX.finditer(text):
        yield from _readable(bytes.fromhex(re.sub(r"[ :]", "", match[0])))


def _from_base64(token: str) -> bytes:
    standard = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4))
    except (binascii.Error, ValueError):
        return b""


def _readable(raw: bytes) -> Iterator[str]:
    """What was decoded, if a person could read it: most tokens and numbers are no text."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return
    if text and sum(character in _READABLE for character in text) >= _SHARE_READABLE * len(text):
        yield text


def _join(spelled: str, vocabulary: Set[str]) -> str:
    """The letters as the fewest words, those unknown letter by letter: where the gaps between
    words have gone, the words have to be found again."""
    letters = "".join(character for character in spelled if character.isalpha()).lower()
    best: list[tuple[int, list[str]]] = [(0, [])]
    for end in range(1, len(letters) + 1):
        choices = []
        for start in range(max(0, end - _MAX_WORD), end):
            word = letters[start:end]
            if word in vocabulary or len(word) == 1:
                cost, words = best[start]
                # A letter that belongs to no word costs more than any word.
                choices.append((cost + (1 if word in vocabulary else 5), [*words, word]))
        best.append(min(choices, key=lambda choice: choice[0]))
    return " ".join(best[-1][1])
