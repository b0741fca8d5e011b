"""A Markdown file, with or without front matter, and plain text."""

import posixpath
import re

from django.utils.translation import gettext as _

from knowledge.documents.decoding import decode
from knowledge.documents.document import (
    BrokenDocumentError,
    Defaults,
    Document,
    address,
    in_words,
)
from knowledge.documents.front_matter import split_front_matter
from knowledge.markdown import inline_text, parse
from knowledge.models import Article

# Hugo's shortcodes: a link to another file becomes its path, the others are only decoration.
_SHORTCODE_LINK = re.compile(r'\{\{<\s*(?:rel)?ref\s+(?:path=)?"([^"]*)"[^>]*>\}\}')
_SHORTCODE = re.compile(r"\{\{[<%]\s*/?\s*\w.*?[>%]\}\}\n?")


def read_markdown(path: str, content: bytes, defaults: Defaults, content_hash: str) -> Document:
    """Reads a Markdown file with or without front matter. Raises BrokenDocumentError.

    The title is the front matter's, else the first heading of level one (which then leaves the
    body), else the file's name. The address is the path without suffix and without `_index`.
    """
    fields, body = split_front_matter(decode(content))
    body = _SHORTCODE.sub("", _SHORTCODE_LINK.sub(r"\1", body)).strip("\n")
    title = fields.text("title", 200)
    heading, rest = _leading_heading(body)
    if heading and (not title or title == heading):
        title, body = heading[:200], rest
    if not body.strip():
        raise BrokenDocumentError(_("It has no text."))
    slug = address(path)
    folder = posixpath.dirname(path)
    return Document(
        path=path,
        slug=slug,
        title=title or in_words(slug)[:200],
        summary=fields.text("summary", 400) or fields.text("description", 400),
        topic=fields.text("topic", 100) or defaults.topic or in_words(folder)[:100],
        product=fields.text("product", 100) or defaults.product,
        keywords=fields.words("keywords")[:500],
        language=fields.language() or defaults.language,
        audience=fields.choice("audience", Article.Audience.values) or defaults.audience,
        state=fields.choice("state", Article.State.values) or defaults.state,
        checked_on=fields.day("updated"),
        valid_until=fields.required_day("valid_until"),
        body=body,
        content_hash=content_hash,
    )


def read_text(path: str, content: bytes, defaults: Defaults, content_hash: str) -> Document:
    """Reads plain text: its paragraphs, with nothing in it taken for Markdown's marks but what
    people write in plain text too (lists, numbers). The file's name is the title."""
    body = "\n".join(_plain_line(line) for line in decode(content).strip("\n").split("\n"))
    slug = address(path)
    folder = posixpath.dirname(path)
    return Document(
        path=path,
        slug=slug,
        title=in_words(slug)[:200],
        summary="",
        topic=defaults.topic or in_words(folder)[:100],
        product=defaults.product,
        keywords="",
        language=defaults.language,
        audience=defaults.audience,
        state=defaults.state,
        checked_on=None,
        valid_until=None,
        body=body,
        content_hash=content_hash,
    )


def _plain_line(line: str) -> str:
    """Indentation is no code, a `#` no heading, a row of dashes no heading of what is above."""
    line = line.strip()
    if re.fullmatch(r"(=+|-+|[*_]{3,})", line):
        return ""
    return re.sub(r"^([#>|`~])", r"\\\1", line)


def _leading_heading(body: str) -> tuple[str, str]:
    """The title that the body starts with, and the rest; ("", body) if it starts otherwise."""
    tokens = parse(body)
    if not tokens or tokens[0].type != "heading_open" or tokens[0].tag != "h1":
        return "", body
    end = (tokens[0].map or [0, 0])[1]
    return inline_text(tokens[1]), "\n".join(body.split("\n")[end:]).strip("\n")
