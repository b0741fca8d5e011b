"""A Word document as Markdown: headings, paragraphs, lists and tables, by their styles."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from knowledge.converters.result import Result, UnreadableError

# Unpacked; pictures are packed already, so that a text of this size is a book.
_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_XML = 60 * 1024 * 1024


def convert(content: bytes) -> Result:
    """Raises UnreadableError."""
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        # What Word makes of a document with a password, and its format before 2007.
        raise UnreadableError("encrypted")
    try:
        _weigh(content)
        document = Document(io.BytesIO(content))
        title, blocks = _blocks(document)
        title = title or str(document.core_properties.title or "").strip()
        language = str(document.core_properties.language or "").strip()
    except (OpcError, zipfile.BadZipFile, zlib.error, LxmlError, KeyError, ValueError, OSError,
            AttributeError, IndexError, NotImplementedError, RuntimeError):  # fmt: skip
        # What damaged packages raise; nothing of this process outlives it.
        raise UnreadableError("damaged") from None
    if not blocks:
        raise UnreadableError("no_text")
    if title.lower() in ("word document", "document", "untitled"):
        title = ""
    return Result(title, "".join(blocks).strip(), language=_language(language))


def _weigh(content: bytes) -> None:
    """Before anything is unpacked: what the package says it unpacks to (zipfile unpacks no more
    than that)."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        entries = package.infolist()
    xml = sum(entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels")))
    if sum(entry.file_size for entry in entries) > _MAX_UNPACKED or xml > _MAX_XML:
        raise UnreadableError("too_much")


def _blocks(document: WordDocument) -> tuple[str, list[str]]:
    """The text of the style Title, and everything else as Markdown with what stands before it."""
    title, listed = "", False
    blocks: list[str] = []
    for element in document.iter_inner_content():
        if isinstance(element, Table):
            written, item = _table(element), False
        else:
            style = str(element.style.name if element.style else "")
            if style == "Title" and not title and not blocks:
                title = " ".join(element.text.split())
                continue
            written, item = _paragraph(element, style)
        if written:
            blocks += ["\n" if item and listed else "\n\n", written]
            listed = item
    return title, blocks


def _paragraph(paragraph: Paragraph, style: str) -> tuple[str, bool]:
    """The paragraph as Markdown, and whether it is an item of a list."""
    text = " ".join(_linked(paragraph).split())
    if not text:
        return "", False
    if heading := re.fullmatch(r"Heading ([1-9])", style):
        # The title is the article's; its parts start below it.
        return f"{'#' * min(int(heading[1]) + 1, 6)} {text}", False
    properties = paragraph._p.pPr
    numbered = properties is not None and properties.numPr is not None
    if style.startswith("List") or numbered:
        depth = _depth(properties, style)
        mark = "1." if "Number" in style else "-"
        return f"{'   ' * depth}{mark} {text}", True
    return re.sub(r"^([#>|`~])", r"\\\1", text), False


def _depth(properties: Any, style: str) -> int:
    level = getattr(getattr(properties, "numPr", None), "ilvl", None)
    if level is not None:
        return min(int(level.val), 4)
    deeper = re.search(r" ([2-5])$", style)
    return int(deeper[1]) - 1 if deeper else 0


def _linked(paragraph: Paragraph) -> str:
    """The text with its links; addresses that are no web addresses are left out."""
    parts: list[str] = []
    for part in paragraph.iter_inner_content():
        address = str(getattr(part, "url", "") or "")
        text = part.text
        if text.strip() and address.startswith(("http://", "https://", "mailto:")):
            label = text.replace("[", "(").replace("]", ")")
            parts.append(f"[{label}](<{address.replace('>', '%3E')}>)")
        else:
            parts.append(text)
    return "".join(parts)


def _table(table: Table) -> str:
    rows = list(_rows(table))
    if not rows:
        return ""
    if len(rows) == 1 or len(rows[0]) == 1:  # a box around text
        return "\n\n".join(cell for row in rows for cell in row if cell)
    width = max(map(len, rows))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])


def _rows(table: Table) -> Iterator[list[str]]:
    for row in table.rows:
        cells: list[str] = []
        seen: set[int] = set()
        for cell in row.cells:  # a merged cell is named once for each column that it covers
            if id(cell._tc) not in seen:
                seen.add(id(cell._tc))
                cells.append(" ".join(cell.text.split()).replace("|", "\\|"))
        if any(cells):
            yield cells


def _language(code: str) -> str:
    return code if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", code) else ""
