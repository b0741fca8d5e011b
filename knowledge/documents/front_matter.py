"""The fields at the head of a Markdown file, in YAML."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import yaml
from django.utils.translation import gettext as _

from knowledge.documents.document import BrokenDocumentError

_MAX_FRONT_MATTER = 20_000
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)(?:\n|\A)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LANGUAGE = re.compile(r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})?$")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Fields as a file gives them. Every reader raises BrokenDocumentError for what it is not."""

    fields: dict[str, Any]

    def text(self, name: str, length: int) -> str:
        value = self.fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str | int | float | date):
            raise BrokenDocumentError(
                _("%(field)s in its front matter is no text.") % {"field": name}
            )
        return " ".join(str(value).split())[:length]

    def words(self, name: str) -> str:
        value = self.fields.get(name)
        words = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(word, str | int | float) for word in words):
            raise BrokenDocumentError(
                _("%(field)s in its front matter is no list of words.") % {"field": name}
            )
        return ", ".join(" ".join(str(word).split()) for word in words)

    def language(self) -> str:
        language = self.text("language", 40)
        # YAML reads the language code of Norwegian as a boolean.
        language = "no" if language == "False" else language
        if language and not _LANGUAGE.match(language):
            raise BrokenDocumentError(
                _("language in its front matter is no code such as en or pt-BR: %(value)s.")
                % {"value": language}
            )
        return language.replace("_", "-")

    def choice(self, name: str, choices: list[str]) -> str:
        value = self.text(name, 40).lower()
        if value and value not in choices:
            raise BrokenDocumentError(
                _("%(field)s in its front matter must be one of %(choices)s, not %(value)s.")
                % {"field": name, "choices": ", ".join(choices), "value": value}
            )
        return value

    def day(self, name: str) -> date | None:
        value = self.fields.get(name)
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else None

    def required_day(self, name: str) -> date | None:
        """What is there has to be a date: a limit that is overlooked would do harm."""
        found = self.day(name)
        if found is None and self.fields.get(name) is not None:
            raise BrokenDocumentError(
                _("%(field)s in its front matter is no date such as 2027-01-31.") % {"field": name}
            )
        return found


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The fields and the rest of the text; no fields if the text starts otherwise."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return FrontMatter({}), text
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
        return FrontMatter({}), text[match.end() :]
    if not isinstance(fields, dict):
        # Two horizontal rules around plain text look like front matter, and are not.
        return FrontMatter({}), text
    return FrontMatter(fields), text[match.end() :]
