"""A web page's main text as Markdown, without menus, scripts, footers and what is not shown."""

import re

import lxml.html  # type: ignore[import-untyped]
from lxml.etree import LxmlError  # type: ignore[import-untyped]
from trafilatura import extract

from knowledge.converters.hidden import remove_hidden
from knowledge.converters.result import Result, UnreadableError

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def convert(content: bytes, address: str = "") -> Result:
    """`address` is the page's own, which its relative links start from. Raises UnreadableError."""
    try:
        page = lxml.html.document_fromstring(content)
    except (LxmlError, ValueError):
        raise UnreadableError("no_main_text") from None
    title = _title(page)
    language = str(page.get("lang") or page.get(_XML_LANG) or "")
    summary = _words(page.xpath("string(//meta[@name='description']/@content)"))
    hidden = remove_hidden(page)
    body = extract(
        lxml.html.tostring(page, encoding="unicode") if hidden else content,
        url=address or None,
        output_format="markdown",
        include_comments=False,
        include_formatting=True,
        include_links=True,
        include_tables=True,
        favor_recall=True,
    )
    body = _without_title(_apart(body or ""), title)
    if not body.strip():
        raise UnreadableError("no_main_text")
    return Result(
        title,
        body,
        summary=summary if summary not in body else "",
        hidden=tuple(hidden),
        language=language if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", language) else "",
    )


def _title(page: lxml.html.HtmlElement) -> str:
    """The page's one heading of level one, else its title without the site's name."""
    headings = [_words(heading.text_content()) for heading in page.iter("h1")]
    headings = [heading for heading in headings if heading]
    if len(headings) == 1:
        return headings[0]
    title = _words(page.xpath("string(//title)"))
    return re.split(r"\s+[|–—·»]\s+", title)[0]


def _words(text: object) -> str:
    return " ".join(str(text).split())


def _apart(markdown: str) -> str:
    """Code and tables with an empty line around them, as Markdown needs."""
    lines: list[str] = []
    in_code = False
    for line in markdown.split("\n"):
        fence = line.lstrip().startswith("```")
        before = lines[-1] if lines else ""
        starts_table = line.startswith("|") and before and not before.startswith("|")
        ends_table = before.startswith("|") and line and not line.startswith("|")
        if not in_code and (starts_table or ends_table):
            lines.append("")
        in_code = in_code != fence
        lines.append(line)
    return "\n".join(lines)


def _without_title(body: str, title: str) -> str:
    """The body without a first heading that only says the title again."""
    first, _break, rest = body.strip().partition("\n")
    if first.startswith("# ") and _words(first[2:].replace("*", "")) == title:
        return rest.strip()
    return body.strip()
