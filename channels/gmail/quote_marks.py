"""Quotes in HTML, by the marks of the mail programs, as quoted lines of plain text."""

import re

from lxml.html import HtmlElement, fromstring  # type: ignore[import-untyped]

# Private-use characters, removed from the text before: they stand where a quote begins and ends.
_BEGIN, _END, _SIGNATURE = "\ue000", "\ue001", "\ue002"
_MARKS = re.compile("[\ue000-\ue002]")
_QUOTE_CLASSES = ("gmail_quote", "protonmail_quote", "moz-cite", "yahoo_quoted", "quote")
# Classes and ids of the line that says who wrote what follows, in any language.
_ATTRIBUTIONS = ("gmail_attr", "moz-cite-prefix")
# What Outlook and Yahoo put before the mail that is answered; it is not marked as a quote.
_HISTORY_IDS = ("appendonsend", "divrplyfwdmsg", "x_divrplyfwdmsg", "x_appendonsend")
_HISTORY_CLASSES = ("yahoo_quoted",)
_SIGNATURES = ("gmail_signature", "protonmail_signature_block-user", "moz-signature")
SEPARATOR = "-----Original Message-----"


def mark_quotes(tree: HtmlElement) -> None:
    """Changes the tree in place, for `prefix_quotes` after it was rendered."""
    for element in tree.iter():
        element.text = _MARKS.sub("", element.text) if element.text else None
        element.tail = _MARKS.sub("", element.tail) if element.tail else None
    separated = False
    for element in list(tree.iter("blockquote", "div", "span", "hr", "pre")):
        classes = element.get("class", "").lower().split()
        if any(name in _SIGNATURES for name in classes) and not _holds_quote(element):
            _separate(element, _SIGNATURE)
        elif _is_quote(element, classes) or _is_attribution(element, classes):
            _wrap(element)
        elif not separated and _is_history(element, classes):
            _separate(element, SEPARATOR)
            separated = True


def prefix_quotes(text: str) -> str:
    """The rendered text with `> ` before each quoted line, once for each level."""
    lines: list[str] = []
    level = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped == _BEGIN:
            level += 1
        elif stripped == _END:
            level = max(level - 1, 0)
        else:
            line = "-- " if stripped == _SIGNATURE else _MARKS.sub("", line)
            lines.append("> " * level + (line.lstrip() if level else line))
    return "\n".join(lines)


def _is_quote(element: HtmlElement, classes: list[str]) -> bool:
    """A bare blockquote is not one: people indent their own words with it."""
    if element.tag != "blockquote":
        return False
    if element.get("type", "").lower() == "cite" or element.get("cite"):
        return True
    return any(name.startswith(_QUOTE_CLASSES) for name in classes)


def _is_attribution(element: HtmlElement, classes: list[str]) -> bool:
    """Gmail uses the same class above a forward, whose header block begins with dashes."""
    if not any(name in _ATTRIBUTIONS for name in classes):
        return False
    return not (element.text_content() or "").lstrip().startswith("-")


def _is_history(element: HtmlElement, classes: list[str]) -> bool:
    if element.get("id", "").lower() in _HISTORY_IDS:
        return True
    if any(name in _HISTORY_CLASSES for name in classes):
        return True
    style = element.get("style", "").lower().replace(" ", "")
    return "border-top:solid#e1e1e1" in style or "border-top:solid#b5c4df" in style


def _holds_quote(element: HtmlElement) -> bool:
    return next(element.iter("blockquote"), None) is not None


def _wrap(element: HtmlElement) -> None:
    """What follows the element, its tail, comes to stand behind the end mark."""
    if element.getparent() is not None:
        element.addprevious(_line(_BEGIN))
        element.addnext(_line(_END))


def _separate(element: HtmlElement, text: str) -> None:
    if element.getparent() is not None:
        element.addprevious(_line(text))


def _line(text: str) -> HtmlElement:
    line = fromstring("<div></div>")
    line.text = text
    return line
