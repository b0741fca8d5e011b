"""What a sender wrote, apart from what their mail program quoted.

Nothing that a sender typed is lost: only lines marked as quoted, and what stands below a line
by which a mail program introduces older mail, are taken for quotes.
"""

import re
from collections.abc import Iterable

from channels.gmail.quote_lines import (
    Boundary,
    find_boundary,
    is_quoted,
    is_tagline,
    points_below,
)

# What is longer is cut before it is looked at; a person types less.
MAX_CHARACTERS = 200_000
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"\s+")
_QUOTE_MARKS = re.compile(r"^[>\s\uff1e]+")


def cut_quotes(text: str, *, earlier: Iterable[str] = ()) -> str:
    """The new text of a reply; empty where it only quotes.

    Answers typed between lines marked with `>` stay. Where the program does not mark quoted
    lines, as Outlook, an answer typed between them can be told from the quote only by knowing
    it: with `earlier`, the texts that the conversation holds, every line that is in none of
    them stays. Without, everything stays if the sender points below, nothing otherwise.
    """
    lines = text[:MAX_CHARACTERS].split("\n")
    known = _Known(earlier)
    kept: list[str] = []
    position, boundaries = 0, 0
    while position < len(lines):
        boundary = find_boundary(lines, position)
        end = boundary.start if boundary else len(lines)
        kept += _own_lines(lines[position:end], quoting=bool(boundaries or boundary))
        if boundary is None:
            break
        boundaries += 1
        if not _is_marked(lines, boundary):
            history = lines[boundary.end :]
            if points_below("\n".join(kept)):
                kept += ["", *history]
            else:
                kept += ["", *_unknown_lines(history, known)]
            break
        position = boundary.end
    return _BLANK_LINES.sub("\n\n", "\n".join(kept)).strip()


def _own_lines(lines: list[str], *, quoting: bool) -> list[str]:
    """The unquoted lines of a stretch, without signature and tagline.

    One single line that begins with `>` is the sender's own unless something else shows that
    they quote; lines of nothing else are a quote.
    """
    blocks = sum(
        is_quoted(line) and not (index and is_quoted(lines[index - 1]))
        for index, line in enumerate(lines)
    )
    marked = sum(map(is_quoted, lines))
    others = any(line.strip() and not is_quoted(line) for line in lines)
    if marked == 1 and blocks == 1 and others and not quoting:
        own = list(lines)
    else:
        own = [line for line in lines if not is_quoted(line)]
    if "-- " in own:  # RFC 3676, section 4.3
        own = own[: own.index("-- ")]
    while own and (not own[-1].strip() or is_tagline(own[-1])):
        own.pop()
    return [*own, ""] if own else own


def _is_marked(lines: list[str], boundary: Boundary) -> bool:
    """Whether what follows is quoted line by line, rather than just appended."""
    following = [line for line in lines[boundary.end : boundary.end + 400] if line.strip()]
    marked = sum(map(is_quoted, following))
    return bool(following) and (is_quoted(following[0]) or marked * 4 >= len(following))


def _unknown_lines(history: list[str], known: "_Known") -> list[str]:
    """The lines of unmarked history that the conversation does not hold; all are taken for
    known where it holds nothing. Introductions of still older mails are no answers."""
    if not known:
        return []
    found: list[str] = []
    position = 0
    while position < len(history):
        boundary = find_boundary(history, position)
        stretch = history[position : boundary.start if boundary else None]
        found += [line for line in stretch if line not in known and not is_tagline(line)]
        if boundary is None:
            break
        position = boundary.end
    return found


class _Known:
    """The lines of earlier texts, found again however a mail program wraps them."""

    def __init__(self, texts: Iterable[str]) -> None:
        joined = "\n".join(texts)[: 2 * MAX_CHARACTERS]
        self._lines = {_key(line) for line in joined.split("\n")}
        self._running = _key(joined)

    def __bool__(self) -> bool:
        return bool(self._running)

    def __contains__(self, line: str) -> bool:
        """A short line has to be one of the lines, since "yes" stands in many a sentence."""
        key = _key(line)
        return key in self._lines or not key or (len(key) >= 10 and key in self._running)


def _key(line: str) -> str:
    return _SPACES.sub(" ", _QUOTE_MARKS.sub("", line)).strip().lower()
