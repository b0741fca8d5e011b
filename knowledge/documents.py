"""One file of a collection, read into the fields of an article."""

import hashlib
import posixpath
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import yaml
from django.utils.translation import gettext as _

from knowledge.markdown import inline_text, parse
from knowledge.models import Article

MAX_BYTES = 1024 * 1024
_MAX_FRONT_MATTER = 20_000
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)(?:\n|\A)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LANGUAGE = re.compile(r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})?$")
# Hugo's shortcodes: a link to another file becomes its path, the others are only decoration.
_SHORTCODE_LINK = re.compile(r'\{\{<\s*(?:rel)?ref\s+(?:path=)?"([^"]*)"[^>]*>\}\}')
_SHORTCODE = re.compile(r"\{\{[<%]\s*/?\s*\w.*?[>%]\}\}\n?")


class BrokenDocumentError(Exception):
    """The file cannot become an article; the message is the reason, as a sentence."""


@dataclass(frozen=True, slots=True)
class Document:
    """A readable file. `path` is relative to its collection, `content_hash` of its bytes."""

    path: str
    slug: str
    title: str
    summary: str
    topic: str
    product: str
    keywords: str
    language: str
    audience: str
    state: str
    checked_on: date | None
    valid_until: date | None
    body: str
    content_hash: str


def read_document(path: str, content: bytes) -> Document:
    """Reads a Markdown file with or without front matter. Raises BrokenDocumentError.

    The title is the front matter's, else the first heading of level one (which then leaves the
    body), else the file's name. The address is the path without suffix and without `_index`.
    """
    fields, body = _split(_decode(content))
    body = _SHORTCODE.sub("", _SHORTCODE_LINK.sub(r"\1", body)).strip("\n")
    title = _text(fields, "title", 200)
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
        title=title or _in_words(slug),
        summary=_text(fields, "summary", 400) or _text(fields, "description", 400),
        topic=_text(fields, "topic", 100) or _in_words(folder)[:100],
        product=_text(fields, "product", 100),
        keywords=_keywords(fields)[:500],
        language=_language(fields),
        audience=_choice(fields, "audience", Article.Audience.values, Article.Audience.PUBLIC),
        state=_choice(fields, "state", Article.State.values, Article.State.PUBLISHED),
        checked_on=_date(fields, "updated"),
        valid_until=_required_date(fields, "valid_until"),
        body=body,
        content_hash=hashlib.sha256(content).hexdigest(),
    )


def address(path: str) -> str:
    """The address of the article that a file becomes: `v1/user/_index.md` is `v1/user`.

    Raises BrokenDocumentError if nothing usable in an address remains.
    """
    stem = re.sub(r"\.(md|markdown)$", "", path, flags=re.IGNORECASE)
    parts = [_slugified(part) for part in stem.split("/")]
    if parts[-1] in ("_index", "index") and len(parts) > 1:
        parts.pop()
    elif parts[-1] == "_index":
        parts = ["index"]
    if not all(parts):
        raise BrokenDocumentError(_("Its name gives no address: use letters or digits."))
    slug = "/".join(parts)
    if len(slug) > 200:
        raise BrokenDocumentError(_("Its path is longer than 200 characters."))
    return slug


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise BrokenDocumentError(_("It is larger than 1 MB."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BrokenDocumentError(
            _("It is not UTF-8: see line %(line)d.") % {"line": line}
        ) from None
    if "\0" in text:
        raise BrokenDocumentError(_("It contains NUL characters, so it is no text."))
    if not text.strip():
        raise BrokenDocumentError(_("It is empty."))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _split(text: str) -> tuple[dict[str, Any], str]:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    if len(match[1]) > _MAX_FRONT_MATTER:
        raise BrokenDocumentError(_("Its front matter is longer than 20,000 characters."))
    try:
        fields = yaml.safe_load(match[1])
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise BrokenDocumentError(
            _("Its front matter is not valid YAML: line %(line)d, %(problem)s.")
            % {"line": line, "problem": error.problem}
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise BrokenDocumentError(_("Its front matter is not valid YAML.")) from None
    if fields is None:
        return {}, text[match.end() :]
    if not isinstance(fields, dict):
        # Two horizontal rules around plain text look like front matter, and are not.
        return {}, text
    return fields, text[match.end() :]


def _leading_heading(body: str) -> tuple[str, str]:
    """The title that the body starts with, and the rest; ("", body) if it starts otherwise."""
    tokens = parse(body)
    if not tokens or tokens[0].type != "heading_open" or tokens[0].tag != "h1":
        return "", body
    end = (tokens[0].map or [0, 0])[1]
    return inline_text(tokens[1]), "\n".join(body.split("\n")[end:]).strip("\n")


def _text(fields: dict[str, Any], name: str, length: int) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int | float | date):
        raise BrokenDocumentError(_("%(field)s in its front matter is no text.") % {"field": name})
    return " ".join(str(value).split())[:length]


def _keywords(fields: dict[str, Any]) -> str:
    value = fields.get("keywords")
    words = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(word, str | int | float) for word in words):
        raise BrokenDocumentError(_("keywords in its front matter is no list of words."))
    return ", ".join(" ".join(str(word).split()) for word in words)


def _language(fields: dict[str, Any]) -> str:
    language = _text(fields, "language", 40) or "en"
    # YAML reads the language code of Norwegian as a boolean.
    language = "no" if language == "False" else language
    if not _LANGUAGE.match(language):
        raise BrokenDocumentError(
            _("language in its front matter is no code such as en or pt-BR: %(value)s.")
            % {"value": language}
        )
    return language.replace("_", "-")


def _choice(fields: dict[str, Any], name: str, choices: list[str], default: str) -> str:
    value = _text(fields, name, 40).lower() or default
    if value not in choices:
        raise BrokenDocumentError(
            _("%(field)s in its front matter must be one of %(choices)s, not %(value)s.")
            % {"field": name, "choices": ", ".join(choices), "value": value}
        )
    return value


def _date(fields: dict[str, Any], name: str) -> date | None:
    value = fields.get(name)
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _required_date(fields: dict[str, Any], name: str) -> date | None:
    """As `_date`, but what is there has to be one: a limit that is overlooked would do harm."""
    found = _date(fields, name)
    if found is None and fields.get(name) is not None:
        raise BrokenDocumentError(
            _("%(field)s in its front matter is no date such as 2027-01-31.") % {"field": name}
        )
    return found


def _slugified(part: str) -> str:
    normal = unicodedata.normalize("NFKC", part).strip().lower()
    return re.sub(r"[^\w.]+", "-", normal).strip("-.")


def _in_words(path: str) -> str:
    """`billing/change-plan` as `Change plan`."""
    words = posixpath.basename(path).replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
