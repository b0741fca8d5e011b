"""A PDF's text as Markdown: paragraphs put together again, headings told by their size."""

import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pypdf import PasswordType, PdfReader
from pypdf.errors import PyPdfError

from knowledge.converters.result import Result, UnreadableError

_MAX_PAGES = 2000
_BULLET = re.compile(r"^[•●◦▪‣∙·o–—-]\s+(?=\S)")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x80-\x9f\xad]")
# What remains of a bullet whose font is of signs.
_SIGNS = re.compile(r"[\x7f\ue000-\uf8ff]")
_NUMBERED = re.compile(r"^\(?\d{1,3}[.)]\s+\S")
_PAGE_NUMBER = re.compile(
    r"^[\W_]*(page|seite|p\.)?\s*\d{1,4}(\s*(/|of|von)\s*\d{1,4})?[\W_]*$", re.I
)
_SENTENCE_END = (".", "!", "?", ":", "。", "！", "？", "”", '"')


@dataclass(slots=True)
class _Line:
    text: str
    size: float
    page: int
    y: float


def convert(content: bytes) -> Result:
    """Raises UnreadableError."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise UnreadableError("encrypted")
        if len(reader.pages) > _MAX_PAGES:
            raise UnreadableError("too_long")
        lines = [line for number, page in enumerate(reader.pages) for line in _lines(page, number)]
        title = str((reader.metadata and reader.metadata.title) or "").strip()
    except UnreadableError:
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, OSError,
            AssertionError, RecursionError, NotImplementedError):  # fmt: skip
        # What parsers of damaged files raise; nothing of this process outlives it.
        raise UnreadableError("damaged") from None
    lines = _without_running_heads(lines, pages=len(reader.pages))
    if not lines:
        raise UnreadableError("no_text")
    return Result(*_titled(title, _blocks(lines)))


def _lines(page: Any, number: int) -> Iterator[_Line]:
    """The page's lines with their size of type: that of most of a line's letters."""
    pieces: list[tuple[str, float, float]] = []

    def visit(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        scale = abs((tm[3] or tm[1]) * (cm[3] or cm[1])) or 1.0
        pieces.append((text, round((size or 0) * scale, 1), tm[5] * (cm[3] or 1) + cm[5]))

    page.extract_text(visitor_text=visit)
    text, height, counted = "", 0.0, Counter[float]()
    for piece, size, y in pieces:
        for part in re.split(r"(\n)", piece):
            if part == "\n":
                yield _Line(_clean(text), _most(counted), number, height)
                text, height, counted = "", 0.0, Counter()
            elif part.strip():
                height = height or y
                counted[size] += len(part.strip())
                text += part
            else:
                text += part
    yield _Line(_clean(text), _most(counted), number, height)


def _clean(text: str) -> str:
    return " ".join(_SIGNS.sub("•", _CONTROLS.sub("", text)).split())


def _most(counted: Counter[float]) -> float:
    return max(counted, key=lambda size: (counted[size], size), default=0.0)


def _without_running_heads(lines: list[_Line], *, pages: int) -> list[_Line]:
    """Leaves out page numbers, and what stands on top or at the end of most pages."""
    by_page: dict[int, list[_Line]] = {}
    for line in lines:
        if line.text:
            by_page.setdefault(line.page, []).append(line)
    edges: Counter[str] = Counter()
    for on_page in by_page.values():
        edges.update({_numberless(line.text) for line in [*on_page[:2], *on_page[-2:]]})
    running = {text for text, times in edges.items() if pages > 2 and times > pages * 0.6}
    dropped: set[int] = set()
    for on_page in by_page.values():
        for line in {id(line): line for line in [*on_page[:2], *on_page[-2:]]}.values():
            if _numberless(line.text) in running or _PAGE_NUMBER.match(line.text):
                dropped.add(id(line))
    kept = [line for line in lines if id(line) not in dropped]
    return kept if any(line.text for line in kept) else []


def _numberless(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _blocks(lines: list[_Line]) -> list[tuple[int, str]]:
    """Headings with their level (1 is the largest) and other blocks with level 0, in order."""
    page = _Typography(lines)
    blocks: list[tuple[int, str]] = []
    previous: _Line | None = None
    bullet = False
    for line in lines:
        if not re.search(r"\w", line.text):
            # A bullet may stand in a line of its own; other signs say nothing.
            bullet = bool(line.text) or bullet
            continue
        level = page.level(line)
        if previous and blocks and not bullet and page.goes_on(previous, line):
            blocks[-1] = (level, _joined(blocks[-1][1], line.text))
        elif level:
            blocks.append((level, line.text))
        else:
            blocks.append((0, _marked(f"• {line.text}" if bullet else line.text)))
        previous, bullet = line, False
    return blocks


class _Typography:
    """What the sizes and distances of the lines say of them."""

    def __init__(self, lines: list[_Line]) -> None:
        letters: Counter[float] = Counter()
        for line in lines:
            letters[line.size] += len(line.text)
        self._body = _most(letters)
        self._widest = max(len(line.text) for line in lines)
        larger = {line.size for line in lines if self._is_larger(line)}
        self._levels = {size: min(n, 4) for n, size in enumerate(sorted(larger, reverse=True), 1)}
        gaps = Counter(
            round(above.y - line.y, 1)
            for above, line in itertools.pairwise(line for line in lines if line.text)
            if above.page == line.page and above.y - line.y > 0 and above.size == line.size
        )
        self._leading = gaps.most_common(1)[0][0] if gaps else self._body * 1.4

    def level(self, line: _Line) -> int:
        """A heading's, 1 for the largest; 0 for other text."""
        return self._levels[line.size] if self._is_larger(line) else 0

    def goes_on(self, above: _Line, line: _Line) -> bool:
        """Whether the line belongs to the paragraph, or the heading, of the one above."""
        if self.level(above) != self.level(line):
            return False
        gap = above.y - line.y if above.page == line.page else None
        if self.level(line):
            return gap is not None and 0 <= gap < line.size * 1.5
        if _BULLET.match(line.text) or _NUMBERED.match(line.text):
            return False
        if gap is not None and gap > self._leading * 1.3:
            return False
        # A short line that ends a sentence ends its paragraph.
        ended = above.text.endswith(_SENTENCE_END)
        return not ended or len(above.text) > self._widest * 0.7

    def _is_larger(self, line: _Line) -> bool:
        return (
            line.size >= self._body * 1.12
            and len(line.text) <= 160
            and bool(re.search(r"\w", line.text))
        )


def _joined(before: str, text: str) -> str:
    if re.search(r"[^\W\d_]-$", before) and text[:1].islower():
        return before[:-1] + text
    return f"{before} {text}"


def _marked(text: str) -> str:
    if _BULLET.match(text):
        return "- " + _BULLET.sub("", text)
    return re.sub(r"^([#>|`~])", r"\\\1", text)


def _titled(title: str, blocks: list[tuple[int, str]]) -> tuple[str, str]:
    """The title and the Markdown. A first heading of the largest size is the title if it is alone
    in its size or the next heading follows at once; a file name in the metadata is none."""
    levels = [level for level, _text in blocks]
    if levels[0] == 1 and (levels.count(1) == 1 or (len(levels) > 1 and levels[1])):
        title, blocks = blocks[0][1], blocks[1:]
    if re.search(r"\.\w{2,5}$|^\W|^(untitled|document\d*|microsoft word)", title, re.IGNORECASE):
        title = ""
    written: list[str] = []
    listed = False
    for level, text in blocks:
        item = not level and (text.startswith("- ") or bool(_NUMBERED.match(text)))
        written.append("\n" if item and listed else "\n\n")
        written.append(f"{'#' * (level + 1)} {text}" if level else text)
        listed = item
    return title, "".join(written).strip()
