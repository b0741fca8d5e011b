"""Messages as HTML: everything is escaped, addresses on the web become links, and lines that
begin with "- " or "1." become lists."""

import re
from collections.abc import Iterator
from itertools import groupby

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]{1,2000}")
_AFTER_ADDRESS = ".,;:!?)]}»”’"
# A number of more digits is a year or an amount that a line happens to begin with.
_NUMBERED = re.compile(r"(\d{1,2})[.)] +(?=\S)")
_BULLETED = re.compile(r"[-*•] +(?=\S)")
# A single line with a dash or a number is a sentence more often than a list.
_SHORTEST_LIST = 2
_LISTS = ("<ol>", "<ul>")


@register.filter
def prose(text: str) -> SafeString:
    """The text with its http(s) addresses as links that tell the other side nothing, and two or
    more items in successive lines as a list; a numbered one keeps its numbers.

    Other line breaks stay as they are: the style sheet shows them.
    """
    parts: list[str] = []
    for kind, run in groupby(_mark_lists(text.split("\n")), key=lambda marked: marked[0]):
        lines = [line for _, line in run]
        parts.append(_make_list(kind, lines) if kind else _link("\n".join(lines)))
    return mark_safe(_join(parts))  # noqa: S308  every part is escaped below


def _mark_lists(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Each line with the kind of list that it belongs to: "ol", "ul", or "" for none."""
    for kind, run in groupby(enumerate(lines), key=lambda numbered: _kind_of(numbered[1])):
        members = list(run)
        is_list = bool(kind) and len(members) >= _SHORTEST_LIST
        yield from ((kind if is_list else "", line) for _, line in members)


def _kind_of(line: str) -> str:
    if _NUMBERED.match(line):
        return "ol"
    return "ul" if _BULLETED.match(line) else ""


def _make_list(kind: str, lines: list[str]) -> str:
    items = "".join(_make_item(kind, line) for line in lines)
    return f"<{kind}>{items}</{kind}>"


def _make_item(kind: str, line: str) -> str:
    if kind == "ul":
        return f"<li>{_link(_BULLETED.sub('', line, count=1))}</li>"
    number = _NUMBERED.match(line)
    value = int(number[1]) if number else 1
    return f'<li value="{value}">{_link(_NUMBERED.sub("", line, count=1))}</li>'


def _join(parts: list[str]) -> str:
    """Texts and lists by turns; a list stands apart by itself and needs no empty lines."""
    whole = [
        part.rstrip("\n") if following.startswith(_LISTS) else part
        for part, following in zip(parts, [*parts[1:], ""], strict=True)
    ]
    return "".join(
        part.lstrip("\n") if before.startswith(_LISTS) else part
        for part, before in zip(whole, ["", *whole], strict=False)
    )


def _link(text: str) -> str:
    """The text escaped, with its addresses as links."""
    parts: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(_AFTER_ADDRESS)
        parts.append(escape(text[end : match.start()]))
        parts.append(
            format_html('<a href="{}" rel="nofollow noopener noreferrer">{}</a>', address, address)
        )
        end = match.start() + len(address)
    parts.append(escape(text[end:]))
    return "".join(parts)
