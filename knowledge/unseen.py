"""What an article's text holds that its readers do not see, which is where instructions to a model
are put: characters without a shape, comments, and elements that a style hides.

What stands in code is shown as it is written, so only its characters are looked at.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.markdown import parse

# Controls, directions, tags, private use and halves of characters; the selectors of variants are
# marks by their category.
_SHAPELESS = {"Cc", "Cf", "Co", "Cs"}
_SELECTORS = re.compile("[\ufe00-\ufe0e\U000e0100-\U000e01ef]")
_JOINERS = "\u200c\u200d"
# Joiners shape Persian and Indic words and join emoji; beside an ASCII letter they only hide.
_IDLE_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])")
# What is put in on purpose: tags, overrides of the direction, selectors beyond the usual ones.
_TELLING = re.compile("[\u202d\u202e\U000e0020-\U000e01ef]")
# Copied pages have a character without a shape here and there; so many in a line are a message.
_MANY = 4
_FEW_WORDS = 4  # in a comment they order nothing

_LINK_COMMENT = re.compile(
    r"""^[ ]{0,3}\[[^\]\n]{1,80}\]:[ \t]*(?:<>|\#|<\#>)[ \t]+(["'(])(.*?)(?:["')])[ \t]*$""",
    re.MULTILINE,
)
_HIDDEN_ELEMENT = re.compile(
    r"<(script|style|template|noscript)\b[^<>]{0,2000}>(.{0,2000}?)</\1\s*>"
    r"|<(\w+)\b[^<>]{0,500}(?:\shidden\b|display\s*:\s*none|visibility\s*:\s*hidden"
    r"|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9]))[^<>]{0,500}>(.{0,2000}?)</\3\s*>",
    re.DOTALL | re.IGNORECASE,
)
_INLINE_CODE = re.compile(r"(?<!`)(`{1,9})(?!`)(?:[^\n]|\n(?!\s*\n)){1,1000}?(?<!`)\1(?!`)")
_EMOJI_TAGS = re.compile("\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{2,6}\U000e007f")


@dataclass(frozen=True, slots=True)
class Unseen:
    """What is hidden in a line, counted from 1; "" where characters without a shape spell
    nothing."""

    line: int
    words: str


def find_unseen(source: str) -> list[Unseen]:
    """What readers of the Markdown do not see and somebody may have hidden, in order."""
    found = []
    for start, _end, inner in _find_markup(source):
        words = source[slice(*inner)].split()
        if len(words) >= _FEW_WORDS:
            found.append(Unseen(source.count("\n", 0, start) + 1, " ".join(words)))
    for number, line in enumerate(source.split("\n"), 1):
        characters = "".join(character for _position, character in _find_shapeless(line))
        if len(characters) >= _MANY or _TELLING.search(characters):
            found.append(Unseen(number, "".join(map(_spelled, characters))))
    return sorted(found, key=lambda one: one.line)


def visible(source: str) -> str:
    """The Markdown without what `find_unseen` finds; its lines stay the lines they were."""
    kept, done = [], 0
    for start, end, _inner in _find_markup(source):
        if start >= done:
            kept += [source[done:start], "\n" * source.count("\n", start, end)]
            done = end
    return visible_characters("".join([*kept, source[done:]]))


def visible_characters(text: str) -> str:
    """The text without characters that nobody sees."""
    drop = {position for position, _character in _find_shapeless(text)}
    return "".join(letter for at, letter in enumerate(text) if at not in drop) if drop else text


def _find_markup(source: str) -> list[tuple[int, int, tuple[int, int]]]:
    """Beginning and end of each comment and hidden element, and those of what is in it."""
    if "<" not in source and "]:" not in source:
        return []
    found = list(_find_comments(source))
    for pattern in (_LINK_COMMENT, _HIDDEN_ELEMENT):
        for match in pattern.finditer(source):
            inner = max(n for n, text in enumerate(match.groups(), 1) if text is not None)
            found.append((*match.span(), match.span(inner)))
    code = _Spans(_find_code(source) if found else [])
    return sorted(one for one in found if one[0] not in code)


def _find_comments(source: str) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Those that end: without an end the rest of the text is shown."""
    start = source.find("<!--")
    while start >= 0:
        end = source.find("-->", start + 4)
        if end < 0:
            return
        yield start, end + 3, (start + 4, end)
        start = source.find("<!--", end)


def _find_code(source: str) -> list[tuple[int, int]]:
    """Where code stands: blocks by their lines, and what is between backticks elsewhere."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", source)), len(source)]
    blocks = [
        (starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)])
        for token in parse(source)
        if token.type in ("fence", "code_block") and token.map
    ]
    return blocks + [match.span() for match in _INLINE_CODE.finditer(source)]


def _find_shapeless(text: str) -> Iterator[tuple[int, str]]:
    """Each character that nobody sees, with its position."""
    if text.isascii() and text.isprintable():
        return
    flags = _Spans(match.span() for match in _EMOJI_TAGS.finditer(text))
    idle = {match.start() for match in _IDLE_JOINER.finditer(text)}
    for position, character in enumerate(text):
        if (character.isascii() and character.isprintable()) or character.isspace():
            continue
        if character in _JOINERS:
            unseen = position in idle
        else:
            category = unicodedata.category(character)
            unseen = category in _SHAPELESS or bool(_SELECTORS.match(character))
        if unseen and position not in flags:
            yield position, character


def _spelled(character: str) -> str:
    """The letter that a character of the tag block stands for; "" for any other."""
    code = ord(character) - 0xE0000
    return chr(code) if 0x20 <= code < 0x7F else ""


class _Spans:
    """Knows of a position whether one of many spans holds it, without asking each."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []  # the furthest of those that begin no later
        for begin, end in sorted(spans):
            self._begins.append(begin)
            self._ends.append(max(end, self._ends[-1] if self._ends else end))

    def __contains__(self, position: int) -> bool:
        last = bisect_right(self._begins, position) - 1
        return last >= 0 and position < self._ends[last]
