"""Splits Markdown into passages: pieces that can stand alone in an answer and fit the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import semchunk.semchunk as semchunk
from markdown_it.token import Token

from knowledge.markdown import inline_text, parse

TokenCounter = Callable[[str], int]

_OVERLAP_TOKENS = 40
# A word of a hundred letters is one unknown token to the model; a passage of such words must
# end somewhere too.
_CHARACTERS_PER_TOKEN = 12
# Chinese and Japanese put nothing between two sentences.
_SENTENCE_END = re.compile(r"((?<=[.!?…])\s+|(?<=[。！？])\s*|\n)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage before it is stored. `text` is Markdown without its headings, which are in
    `heading_path`, outermost first; `anchor` is the last one's."""

    heading_path: tuple[str, ...]
    anchor: str
    text: str


def split(source: str, *, limit: int, count_tokens: TokenCounter) -> list[Piece]:
    """The Markdown's pieces in order; joined, they and their headings hold all of its text.

    No piece's text has more than `limit` tokens. A piece never crosses a heading. Paragraphs,
    lists, tables and code stay whole where they fit; a piece that continues another begins with
    the end of that one, up to 40 tokens of it.
    """

    def count(text: str) -> int:
        return max(count_tokens(text), -(-len(text) // _CHARACTERS_PER_TOKEN))

    return [
        Piece(section.path, section.anchor, text)
        for section in _sections(source)
        for text in _pack(section.blocks, limit, count)
    ]


@dataclass(frozen=True, slots=True)
class _Block:
    """What stands alone in Markdown; `items` are a list's."""

    kind: str
    text: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Section:
    path: tuple[str, ...]
    anchor: str
    blocks: list[_Block]


@dataclass(frozen=True, slots=True)
class _Atom:
    """A block or a part of one that fits, and what stands between it and the one before."""

    text: str
    gap: str = "\n\n"
    prose: bool = True


def _sections(source: str) -> Iterator[_Section]:
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    tokens = parse("\n".join(lines))
    starts = [i for i, token in enumerate(tokens) if token.level == 0 and token.map]
    starts = [i for i in starts if tokens[i].nesting >= 0]
    # A block reaches to the next one, so that what makes no token (definitions of links) stays
    # with what stands before it.
    begins = [*(_lines_of(tokens[i])[0] for i in starts), len(lines)]
    section = _Section((), "", _block("other", lines[: begins[0]]))
    levels: list[int] = []
    for number, index in enumerate(starts):
        token, begin, end = tokens[index], begins[number], begins[number + 1]
        if token.type != "heading_open":
            items = _items(tokens, index, lines[:end])
            section.blocks.extend(_block(token.type, lines[begin:end], items))
            continue
        level = int(token.tag[1])
        depth = sum(above < level for above in levels)
        if section.blocks or depth < len(section.path):
            yield _closed(section)
        title = inline_text(tokens[index + 1])
        levels = [*levels[:depth], level]
        path = (*section.path[:depth], title)
        section = _Section(path, str(token.attrGet("id") or ""), [])
        section.blocks.extend(_block("other", lines[_lines_of(token)[1] : end]))
    if section.blocks or section.path:
        yield _closed(section)


def _closed(section: _Section) -> _Section:
    """The section; one without text says its own heading, so that it is not lost."""
    if section.blocks or not section.path[-1]:
        return section
    return _Section(section.path, section.anchor, [_Block("other", section.path[-1])])


def _block(kind: str, lines: list[str], items: tuple[str, ...] = ()) -> list[_Block]:
    text = "\n".join(lines).strip("\n")
    return [_Block(kind, text, items)] if text.strip() else []


def _items(tokens: list[Token], index: int, lines: list[str]) -> tuple[str, ...]:
    """The sources of a list's items; the last one reaches to the end of `lines`."""
    if tokens[index].type not in ("bullet_list_open", "ordered_list_open"):
        return ()
    begins: list[int] = []
    for token in tokens[index + 1 :]:
        if token.level == 0:
            break
        if token.level == 1 and token.type == "list_item_open":
            begins.append(_lines_of(token)[0])
    ends = [*begins[1:], len(lines)]
    return tuple(
        "\n".join(lines[begin:end]).strip("\n") for begin, end in zip(begins, ends, strict=True)
    )


def _lines_of(token: Token) -> tuple[int, int]:
    begin, end = token.map or [0, 0]
    return begin, end


def _pack(blocks: list[_Block], limit: int, count: TokenCounter) -> Iterator[str]:
    current: list[_Atom] = []
    for atom in _together(blocks, limit, count):
        if current and count(_joined([*current, atom])) > limit:
            yield _joined(current)
            current = _overlap(current[-1], atom, limit, count)
        current.append(atom)
    if current:
        yield _joined(current)


def _joined(atoms: list[_Atom]) -> str:
    rest = "".join(atom.gap + atom.text for atom in atoms[1:])
    return atoms[0].text + rest


def _overlap(last: _Atom, following: _Atom, limit: int, count: TokenCounter) -> list[_Atom]:
    """The last sentences of what went before, as many as fit; none of code or of tables."""
    if not last.prose:
        return []
    tail = ""
    for sentence, gap in reversed(list(_sentences(last.text))):
        longer = f"{sentence}{gap}{tail}".strip()
        if count(longer) > _OVERLAP_TOKENS or sentence.startswith("!["):
            break
        tail = longer
    atom = _Atom(tail)
    return [atom] if tail and count(_joined([atom, following])) <= limit else []


def _together(blocks: list[_Block], limit: int, count: TokenCounter) -> Iterator[_Atom]:
    """The blocks as atoms; a line that ends in a colon stays with what it announces."""
    announced = ""
    for block in blocks:
        text = f"{announced}\n\n{block.text}" if announced else block.text
        if announced and count(text) > limit:
            yield _Atom(announced)
            text = block.text
        announced = ""
        if text.rstrip().endswith(":") and block.kind == "paragraph_open" and count(text) <= limit:
            announced = text
        elif count(text) <= limit:
            yield _Atom(text, prose=block.kind not in ("fence", "code_block", "table_open"))
        else:
            yield from _parts(block, limit, count)
    if announced:
        yield _Atom(announced)


def _parts(block: _Block, limit: int, count: TokenCounter) -> Iterator[_Atom]:
    """A block that does not fit, cut where it hurts least."""
    lines = block.text.split("\n")
    if block.items:
        for number, item in enumerate(block.items):
            gap = "\n" if number else "\n\n"
            if count(item) <= limit:
                yield _Atom(item, gap)
            else:
                yield from _prose(item, limit, count)
    elif block.kind == "fence" and len(lines) > 2 and count(lines[0]) <= limit // 4:
        fence = re.match(r"\s*([`~]{3,})", lines[0])
        closing = fence[1] if fence else "```"
        body = lines[1:-1] if lines[-1].strip() == closing else lines[1:]
        yield from _wrapped([lines[0]], body, [closing], limit, count)
    elif block.kind == "table_open" and count("\n".join(lines[:2])) <= limit // 2:
        yield from _wrapped(lines[:2], lines[2:], [], limit, count)
    else:
        yield from _prose(block.text, limit, count)


def _prose(text: str, limit: int, count: TokenCounter) -> Iterator[_Atom]:
    """Its sentences, so that a piece can begin with the last one of the piece before; one that
    does not fit is cut between words, or inside a word that is too long itself."""
    before = "\n\n"
    for sentence, gap in _sentences(text):
        if count(sentence) <= limit:
            yield _Atom(sentence, before)
        else:
            yield from (_Atom(part, before) for part in _cut(sentence, limit, count))
        before = gap


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    """Each sentence or line, and what stands between it and the next."""
    parts = [*_SENTENCE_END.split(text), ""]
    for sentence, gap in zip(parts[::2], parts[1::2], strict=True):
        if sentence.strip():
            yield sentence, gap


def _wrapped(
    head: list[str], body: list[str], foot: list[str], limit: int, count: TokenCounter
) -> Iterator[_Atom]:
    """The body's lines in groups, each between head and foot, so that each is whole Markdown."""
    room = limit - count("\n".join([*head, "", *foot])) - 2
    group: list[str] = []
    for line in body:
        for part in [line] if count(line) <= room else _cut(line, room, count):
            if group and count("\n".join([*head, *group, part, *foot])) > limit:
                yield _Atom("\n".join([*head, *group, *foot]), prose=False)
                group = []
            group.append(part)
    yield _Atom("\n".join([*head, *group, *foot]), prose=False)


def _cut(text: str, limit: int, count: TokenCounter) -> list[str]:
    parts = cast("list[str]", semchunk.chunk(text, limit, count, memoize=False))
    return [part for part in parts if part.strip()]
