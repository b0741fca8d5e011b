"""A step's recorded detail as words, pairs and tables, whatever its shape.

Values are handed to the template as plain text, which escapes them: they may be a customer's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

_LONG = 140
_MAX_ROWS = 50
_FIRST: list[object] = [
    "error", "seen", "arguments", "query", "result", "title", "headings", "text", "score",
    "similarity",
    "text_rank", "reason", "why",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """One of: a short text, a long text, pairs of a name and a node, rows, or items.

    `kind` is text, long, pairs, table or items.
    """

    kind: str
    text: str = ""
    pairs: tuple[tuple[str, "Node"], ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple["Node", ...], ...] = ()
    items: tuple["Node", ...] = ()


def describe(value: object) -> Node:
    """The value of a JSON document as a node."""
    if isinstance(value, Mapping):
        shown = [name for name in _order(value) if value[name] not in (None, "", [], {})]
        return Node("pairs", pairs=tuple((_name(name), describe(value[name])) for name in shown))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _describe_list(value[:_MAX_ROWS])
    text = _text(value)
    return Node("long" if len(text) > _LONG or "\n" in text else "text", text=text)


def _describe_list(values: Sequence[object]) -> Node:
    rows = [value for value in values if isinstance(value, Mapping)]
    if len(rows) > 0 and len(rows) == len(values):
        names = _order(dict.fromkeys(name for row in rows for name in row))
        return Node(
            "table",
            headers=tuple(_name(name) for name in names),
            rows=tuple(tuple(describe(row.get(name)) for name in names) for row in rows),
        )
    if all(isinstance(value, str | int | float | bool | None) for value in values):
        return Node("text", text=", ".join(_text(value) for value in values))
    return Node("items", items=tuple(describe(value) for value in values))


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return str(value)


def _order(names: Iterable[object]) -> list[object]:
    """Names as people read them; PostgreSQL's JSON sorts by length."""
    return sorted(names, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))


def _name(name: object) -> str:
    return str(name).replace("_", " ")
