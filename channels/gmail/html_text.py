"""HTML to the text that a reader sees, with quotes marked as in plain text."""

import re
from html import unescape

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from channels.gmail.hidden import is_hidden_style, remove_hidden
from channels.gmail.markup import nesting_depth
from channels.gmail.quote_marks import mark_quotes, prefix_quotes
from crm.services import printable

# libxml2 drops what is nested deeper, and inscriptis gives nothing at all then.
MAX_DEPTH = 200

_CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_links=False, display_images=False)
_BLOCKS = {
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
}  # fmt: skip
_SILENT = {"head", "script", "style", "template", "title"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
_TAG_NAME = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9]*)")
_STYLE = re.compile(r"\sstyle\s{0,5}=\s{0,5}([\"'])([^\"']*)\1", re.IGNORECASE)
_HIDDEN = re.compile(r"\shidden(?:\s|=|/|$)", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n{3,}")


def html_to_text(html: str) -> str:
    """The visible text; quoted blocks as lines that begin with `> `. Never raises."""
    html = printable(html)
    if not html.strip():
        return ""
    text = None
    if nesting_depth(html) <= MAX_DEPTH:
        text = _rendered(html)
    if text is None:
        text = _flat(html)
    lines = (line if line == "-- " else line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def _rendered(html: str) -> str | None:
    """By inscriptis, after what is hidden was removed; None where the parsers give up."""
    try:
        tree = lxml_html.document_fromstring(html)
        remove_hidden(tree)
        mark_quotes(tree)
        visible = etree.tostring(tree, encoding="unicode", method="html")
        return prefix_quotes(get_text(visible, _CONFIG))
    except (etree.LxmlError, ValueError, RecursionError, AssertionError, TypeError, IndexError):
        return None


def _flat(html: str) -> str:
    """Text and line breaks of any HTML, however deep, without what an inline style hides.

    The standard library's parser would take time in the square of what is left unclosed.
    """
    first, *others = html.split("<!--")
    html = first + "".join(other.partition("-->")[2] for other in others)
    start, *tokens = html.split("<")
    pieces, hidden = [start], 0
    for token in tokens:
        tag, closed, text = token.partition(">")
        match = _TAG_NAME.match(tag)
        if not closed or not (match or tag.startswith(("!", "?"))):
            pieces.append("" if hidden else f"<{token}")
            continue
        name = match[2].lower() if match else ""
        if name and name not in _VOID:
            if match and match[1]:
                hidden = max(hidden - 1, 0)
            elif hidden or name in _SILENT or _hides(tag):
                hidden += 1
        pieces.append("\n" if name in _BLOCKS else "")
        pieces.append("" if hidden else _SPACES.sub(" ", text))
    lines = unescape("".join(pieces)).split("\n")
    return "\n".join(stripped for line in lines if (stripped := line.strip()))


def _hides(tag: str) -> bool:
    style = _STYLE.search(tag[:5_000])
    return bool(_HIDDEN.search(tag[:5_000]) or (style and is_hidden_style(unescape(style[2]))))
