"""Markdown as HTML that is safe to show, as plain text, and as tokens to split by."""

import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

LinkResolver = Callable[[str], str]

_ALLOWED_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li",
    "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ALLOWED_ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}
_SELF_IMAGES = "/static/"
_MARKDOWN_SUFFIX = re.compile(r"\.(md|markdown)$", re.IGNORECASE)


def render(source: str, *, resolve_link: LinkResolver | None = None) -> SafeString:
    """The Markdown as HTML under a page's own h1; raw HTML in it is shown as text.

    `resolve_link` turns relative addresses into addresses on this site. Images are shown only
    from this site's static files; of others the description remains.
    """
    tokens = parse(source)
    _level_headings(tokens)
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open" and resolve_link:
                child.attrSet("href", resolve_link(str(child.attrGet("href") or "")))
            elif child.type == "image" and not str(child.attrGet("src")).startswith(_SELF_IMAGES):
                child.type, child.tag, child.content = "text", "", _described(child)
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    clean = nh3.clean(
        html,
        tags=_ALLOWED_TAGS,
        attributes=_ALLOWED_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener",
    )
    # Code scrolls sideways, which has to be possible with the keyboard too.
    return mark_safe(clean.replace("<pre>", '<pre tabindex="0">'))  # noqa: S308  sanitised


def relative_links(source_path: str, address_of: Callable[[str], str]) -> LinkResolver:
    """Resolves links between files: relative to `source_path`, the target's path without its
    suffix goes through `address_of`. Absolute addresses, anchors and other files stay."""
    folder = posixpath.dirname(source_path)

    def resolve(href: str) -> str:
        try:
            parts = urlsplit(href)
        except ValueError:
            return ""
        path = unquote(parts.path)
        if parts.scheme or parts.netloc or not path or path.startswith("/"):
            return href
        if "." in posixpath.basename(path) and not _MARKDOWN_SUFFIX.search(path):
            return href
        target = posixpath.normpath(posixpath.join(folder, path))
        address = address_of(target)
        return f"{address}#{parts.fragment}" if parts.fragment else address

    return resolve


def plain_text(source: str) -> str:
    """What a reader sees of the Markdown, without its marks: a line for each block."""
    lines: list[str] = []
    for token in parse(source):
        if token.type in ("fence", "code_block", "html_block"):
            lines.append(token.content.strip())
        elif token.type == "inline":
            lines.append(inline_text(token))
    return "\n".join(line for line in lines if line)


def inline_text(token: Token) -> str:
    """The words of an inline token."""
    parts: list[str] = []
    for child in token.children or []:
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(_described(child))
        else:
            parts.append(child.content)
    return "".join(parts).strip()


def parse(source: str) -> list[Token]:
    """The tokens of the Markdown, with an `id` on every heading: its anchor on the page."""
    return _markdown.parse(source)


def _level_headings(tokens: list[Token]) -> None:
    """Starts at h2 and never skips a level on the way down, as screen readers expect."""
    above = 1
    for token in tokens:
        if token.type == "heading_open":
            above = min(max(int(token.tag[1]), 2), above + 1)
            token.tag = f"h{above}"
        elif token.type == "heading_close":
            token.tag = f"h{above}"


def _described(image: Token) -> str:
    return "".join(child.content for child in image.children or []) or image.content


def _anchor(title: str) -> str:
    """As GitHub makes anchors, so that links written for it go on to work; never empty."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")[:180] or "section"


_markdown = (
    MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    .enable(["table", "strikethrough"])
    .use(anchors_plugin, max_level=6, slug_func=_anchor)
)
