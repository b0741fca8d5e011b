"""Questions and answers in a table (CSV) or as JSON: an article for each."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from knowledge.documents.decoding import decode
from knowledge.documents.document import (
    BrokenDocumentError,
    Defaults,
    Document,
    address,
    slugified,
)
from knowledge.documents.front_matter import FrontMatter
from knowledge.models import Article

MAX_RECORDS = 20_000
_MAX_CELL = 200_000
# A column's name in the file and what it is to us.
_NAMES = {
    "question": "title", "title": "title", "frage": "title", "titel": "title",
    "answer": "body", "body": "body", "content": "body", "text": "body", "antwort": "body",
    "id": "id", "key": "id",
    "summary": "summary", "description": "summary",
    "topic": "topic", "category": "topic", "thema": "topic", "kategorie": "topic",
    "product": "product", "produkt": "product",
    "keywords": "keywords", "tags": "keywords",
    "language": "language", "sprache": "language",
    "audience": "audience",
    "state": "state",
    "valid_until": "valid_until",
}  # fmt: skip


def read_table(path: str, content: bytes, defaults: Defaults) -> tuple[list[Document], list[str]]:
    """The articles of a CSV file and what is wrong with single lines of it.

    Its first line names the columns, in any order; two columns without names are question and
    answer. Comma, semicolon and tab separate. Raises BrokenDocumentError if nothing can be read.
    """
    text = decode(content)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    reader = csv.reader(io.StringIO(text, newline=""), dialect)
    csv.field_size_limit(_MAX_CELL)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BrokenDocumentError(
            _("It is no table from line %(line)d on: %(reason)s.")
            % {"line": reader.line_num, "reason": error}
        ) from None
    names = [_NAMES.get(cell.strip().lower(), "") for cell in rows[0][1]]
    if {"title", "body"} <= set(names):
        rows = rows[1:]
    elif len(names) == 2:
        names = ["title", "body"]
    else:
        raise BrokenDocumentError(
            _("Its first line names no columns `question` and `answer`: add such a line.")
        )
    records = (
        (
            _("line %(number)d") % {"number": line},
            # Of two columns of one meaning the first one that is filled in counts.
            {n: c for n, c in reversed([*zip(names, row, strict=False)]) if n and c.strip()},
        )
        for line, row in rows
    )
    return _documents(path, records, defaults)


def read_json(path: str, content: bytes, defaults: Defaults) -> tuple[list[Document], list[str]]:
    """The same of a JSON file: one object with title and content, or a list of them."""
    try:
        loaded = json.loads(decode(content))
    except (ValueError, RecursionError) as error:
        raise BrokenDocumentError(
            _("It is not valid JSON: %(reason)s.") % {"reason": error}
        ) from None
    several = isinstance(loaded, list)
    entries = loaded if several else [loaded]
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise BrokenDocumentError(
            _("It holds no objects with `question` and `answer`, or `title` and `content`.")
        )
    records = (
        (_("entry %(number)d") % {"number": number}, _named(entry))
        for number, entry in enumerate(entries, 1)
    )
    return _documents(path, records, defaults, alone=not several)


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in entry.items():
        if known := _NAMES.get(name.strip().lower()):
            named.setdefault(known, value)
    return named


def _documents(
    path: str,
    records: Iterator[tuple[str, dict[str, Any]]],
    defaults: Defaults,
    *,
    alone: bool = False,
) -> tuple[list[Document], list[str]]:
    documents: list[Document] = []
    problems: list[str] = []
    seen: Counter[str] = Counter()
    for number, (place, record) in enumerate(records):
        if number >= MAX_RECORDS:
            raise BrokenDocumentError(
                _("It holds more than %(limit)d entries: split it.") % {"limit": MAX_RECORDS}
            )
        try:
            documents.append(_document(path, record, defaults, seen, alone=alone))
        except BrokenDocumentError as error:
            problems.append(f"{place}: {error}")
    if not documents:
        raise BrokenDocumentError(" ".join(problems[:3]) or _("It has no entries."))
    return documents, problems


def _document(
    path: str, record: dict[str, Any], defaults: Defaults, seen: Counter[str], *, alone: bool
) -> Document:
    fields = FrontMatter(record)
    title = fields.text("title", 200)
    body = record.get("body")
    if not isinstance(body, str) or not body.strip() or not title:
        raise BrokenDocumentError(_("It lacks the question or the answer."))
    name = slugified(fields.text("id", 80) or title)[:80].strip("-.")
    if not name:
        raise BrokenDocumentError(_("Its question holds neither letters nor digits."))
    seen[name] += 1
    if seen[name] > 1:
        name = f"{name}-{seen[name]}"
    identity = json.dumps(
        [record, [str(value) for value in astuple(defaults)]],
        sort_keys=True,
        ensure_ascii=False,
        default=str,
    )
    return Document(
        path=path if alone else f"{path}#{name}",
        slug=address(path if alone else f"{path.rpartition('.')[0]}/{name}"),
        title=title,
        summary=fields.text("summary", 400),
        topic=fields.text("topic", 100) or defaults.topic,
        product=fields.text("product", 100) or defaults.product,
        keywords=fields.words("keywords")[:500],
        language=fields.language() or defaults.language,
        audience=fields.choice("audience", Article.Audience.values) or defaults.audience,
        state=fields.choice("state", Article.State.values) or defaults.state,
        checked_on=None,
        valid_until=_day(record.get("valid_until")),
        body=body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip(),
        content_hash=hashlib.sha256(identity.encode()).hexdigest(),
    )


def _day(value: Any) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise BrokenDocumentError(
            _("valid_until is no date such as 2027-01-31: %(value)s.") % {"value": str(value)[:40]}
        ) from None
