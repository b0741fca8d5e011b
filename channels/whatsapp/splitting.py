"""Long answers as several messages.

Twilio refuses a body of more than 1,600 characters (error 21617). Lengths are counted in UTF-16
units, the larger of the two ways in which a character can be counted.
"""

import regex  # type: ignore[import-untyped]

SOFT_LIMIT = 1500
HARD_LIMIT = 1600
_SHORTEST_LIMIT = 20
_NUMBER_ROOM = len("(999/999) ")

# From the best place to end a message to the worst: before white space or behind a sentence.
_PARAGRAPH = regex.compile(r"\n[^\S\n]*\n\s*")
_LINE = regex.compile(r"\n\s*")
_SENTENCE = regex.compile(
    # Neither an abbreviation, which a small letter follows, nor the number of a list's item.
    r"(?<!\b\d{1,2})[.!?…]+[\"'»”’)\]]*(?=\s++(?!\p{Ll}))|[。！？]+[」』”）]*"
)
_WORD = regex.compile(r"\s+")


def split_text(text: str, limit: int = SOFT_LIMIT, hard: int = HARD_LIMIT) -> list[str]:
    """The text in parts of at most `hard` units, in order, with nothing lost but white space
    where it was cut.

    A part ends at a paragraph, else a line, a sentence, a word, before `limit`; what is left
    stays whole up to `hard`. Characters that are drawn as one (graphemes) are not cut unless
    one alone exceeds the limit. More than two parts are numbered "(1/3)".
    """
    if not _SHORTEST_LIMIT <= limit <= hard:
        raise ValueError(f"The limits have to be at least {_SHORTEST_LIMIT}, soft below hard.")
    parts = _cut(text, limit, hard)
    if len(parts) <= 2:
        return parts
    room = max(0, limit + _NUMBER_ROOM - hard)
    parts = _cut(text, limit - room, hard - _NUMBER_ROOM)
    return [f"({number}/{len(parts)}) {part}" for number, part in enumerate(parts, start=1)]


def length(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def _cut(text: str, limit: int, hard: int) -> list[str]:
    parts = []
    rest = _strip(text)
    while rest:
        if length(rest) <= hard:
            parts.append(rest)
            break
        end = _end_of_part(rest, limit)
        parts.append(_strip(rest[:end]))
        rest = _strip(rest[end:])
    return parts


def _end_of_part(text: str, limit: int) -> int:
    """Where the first part ends: an index behind at least one character."""
    ends = _grapheme_ends(text, limit)
    if not ends:  # one grapheme longer than a message
        return _units_to_index(text, limit)
    longest = ends[-1]
    allowed = set(ends)
    # A part of less than half the length is not worth a nicer end.
    for pattern, least in (
        (_PARAGRAPH, longest // 2),
        (_LINE, longest // 2),
        (_SENTENCE, longest // 2),
        (_WORD, 1),
    ):
        # The pattern may look past the limit, at the white space which the cut removes.
        matches = pattern.finditer(text, 0, longest + 2)
        ends_at: list[int] = [
            match.end() if pattern is _SENTENCE else match.start() for match in matches
        ]
        places = [place for place in ends_at if least <= place <= longest and place in allowed]
        if places:
            return places[-1]
    return longest


def _grapheme_ends(text: str, limit: int) -> list[int]:
    """Where graphemes end within the first `limit` units."""
    ends = []
    units = 0
    for match in regex.finditer(r"\X", text):
        units += length(match[0])
        if units > limit:
            break
        ends.append(match.end())
    return ends


def _units_to_index(text: str, limit: int) -> int:
    units = 0
    for index, character in enumerate(text):
        units += length(character)
        if units > limit:
            return index
    return len(text)


def _strip(text: str) -> str:
    """Without white space at both ends, but for white space that carries an accent."""
    if not (text[:1].isspace() or text[-1:].isspace()):
        return text
    graphemes = regex.findall(r"\X", text)
    first, last = 0, len(graphemes)
    while first < last and graphemes[first].isspace():
        first += 1
    while last > first and graphemes[last - 1].isspace():
        last -= 1
    return "".join(graphemes[first:last])
