"""The readable text and the HTML of a mail, and which parts are files instead."""

import re
from dataclasses import dataclass

from channels.gmail.charsets import decode
from channels.gmail.html_text import html_to_text
from channels.gmail.invisible import strip_invisible
from channels.gmail.markup import sanitise_html
from channels.gmail.structure import Part, parameters_of
from crm.services import printable

# Longer texts are cut: no person writes them, and everything after reads them whole.
MAX_TEXT = 500_000
MAX_HTML = 2_000_000

_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)
_HTML_META = re.compile(rb"<meta[^>]+charset=[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    """`text` is what a reader of the mail sees; `files` are the parts that are not shown."""

    text: str
    html_sanitised: str
    files: list[Part]
    shown_cids: frozenset[str]


def read_body(parts: list[Part]) -> Body:
    """Plain text is preferred within each multipart/alternative (RFC 2046, section 5.1.4),
    unless it is empty; bodies that stand beside each other are joined in their order."""
    bodies = [part for part in parts if _is_body(part)]
    html = "\n".join(_html(part) for part in bodies if part.content_type == "text/html")
    html = html[:MAX_HTML]
    shown = frozenset(_CID.findall(html))
    files = [part for part in parts if not _is_body(part)]
    return Body(
        text=_text(bodies)[:MAX_TEXT],
        html_sanitised=sanitise_html(html) if html else "",
        files=files,
        shown_cids=shown,
    )


def plain_text(part: Part) -> str:
    """The part's text without what no reader sees."""
    if part.content_type == "text/html":
        return strip_invisible(html_to_text(_html(part)[:MAX_HTML]))
    text = decode(part.data, part.charset)
    if _flowed(part):
        text = _unflow(text)
    return strip_invisible(printable(text))


def _is_body(part: Part) -> bool:
    if part.content_type not in ("text/plain", "text/html") or part.disposition == "attachment":
        return False
    return not part.name or (part.disposition != "attachment" and part.alternative > 0)


def _text(bodies: list[Part]) -> str:
    chosen: list[str] = []
    done: set[int] = set()
    for part in bodies:
        if part.alternative == 0:
            chosen.append(plain_text(part))
        elif part.alternative not in done:
            done.add(part.alternative)
            chosen.append(_alternative([p for p in bodies if p.alternative == part.alternative]))
    return "\n\n".join(text.strip("\n") for text in chosen if text.strip())


def _alternative(bodies: list[Part]) -> str:
    plain = [plain_text(part) for part in bodies if part.content_type == "text/plain"]
    text = "\n\n".join(plain)
    if text.strip():
        return text
    return "\n\n".join(plain_text(part) for part in bodies if part.content_type == "text/html")


def _html(part: Part) -> str:
    data = part.data
    charset = part.charset
    if not charset:
        found = _HTML_META.search(data[:4096])
        charset = found[1].decode("ascii", "replace") if found else ""
    return decode(data, charset).replace("\x00", "")


def _flowed(part: Part) -> bool:
    return parameters_of(part.message, "Content-Type").get("format", "").lower() == "flowed"


def _unflow(text: str) -> str:
    """Joins the soft line breaks of format=flowed (RFC 3676); quoted lines stay as they are."""
    lines: list[str] = []
    soft = False
    for line in text.replace("\r\n", "\n").split("\n"):
        if soft and line and not line.startswith((">", "-- ")):
            lines[-1] += line.removeprefix(" ")
        else:
            lines.append(line)
        soft = line.endswith(" ") and line != "-- " and not line.startswith(">")
    return "\n".join(lines)
