"""HTML to the text that a reader sees, with quotes marked as in plain text."""

import re
from html.parser import HTMLParser

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
    """Declarations are removed before: the standard library's parser takes time in the square
    of their number where they are not closed."""
    first, *others = html.split("<!--")
    html = first + "".join(other.partition("-->")[2] for other in others)
    reader = _FlatReader()
    reader.feed(html.replace("<!", "<b !").replace("<?", "<b ?"))
    reader.close()
    return "\n".join(
        stripped for line in "".join(reader.pieces).split("\n") if (stripped := line.strip())
    )


class _FlatReader(HTMLParser):
    """Text and line breaks of any HTML, however deep, without what an inline style hides."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._open_hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hidden = tag in _SILENT or "hidden" in given or is_hidden_style(given.get("style") or "")
        if tag not in _VOID and (self._open_hidden or hidden):
            self._open_hidden += 1
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._open_hidden and tag not in _VOID:
            self._open_hidden -= 1
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._open_hidden:
            self.pieces.append(re.sub(r"\s+", " ", data))
