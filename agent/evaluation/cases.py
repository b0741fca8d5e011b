"""A case: a question and what should happen with it, from a file or from the console's rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.models import EvaluationCase

HELD_OUT = "held_out"


class EvaluationError(Exception):
    """The cases cannot be read; the message says why."""


class Expectation(BaseModel):
    """Lists are alternatives, but for `says`: all of that stands in the answer, word for word,
    whatever the case. No article or no reason means any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Literal["answer", "hand_over", "no_reply"]
    article: str | list[str] = ""
    reason: str | list[str] = ""
    says: list[str] = []

    @property
    def articles(self) -> set[str]:
        return _as_set(self.article)

    @property
    def reasons(self) -> set[str]:
        return _as_set(self.reason)

    @property
    def name(self) -> str:
        """What it is counted under: the first reason to hand over, else the action."""
        reason = self.reason if isinstance(self.reason, str) else next(iter(self.reason), "")
        return reason or self.action

    def __str__(self) -> str:
        what = ", ".join(sorted(self.articles or self.reasons))
        expected = f"{self.action}: {what}" if what else str(self.action)
        return f"{expected} that says {'; '.join(self.says)}" if self.says else expected


class Case(BaseModel):
    """One entry of a file such as sample_company/messages.yaml, or one row; `row` is its id."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(max_length=120)
    channel: str = "web"
    category: str = "other"
    subject: str = ""
    message: str = ""
    set: Literal["", "held_out"] = ""
    expect: Expectation
    row: int | None = None

    @property
    def is_held_out(self) -> bool:
        return self.set == HELD_OUT


def read_cases(path: Path) -> list[Case]:
    """The cases of a YAML file. Raises EvaluationError with a sentence."""
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
        cases = [Case.model_validate(row) for row in rows]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError, TypeError) as error:
        raise EvaluationError(
            _("%(path)s cannot be read: %(why)s") % {"path": path, "why": error}
        ) from error
    _check_ids(cases, path)
    return cases


def list_row_cases() -> list[Case]:
    """The console's cases that count, oldest first."""
    rows = EvaluationCase.objects.filter(enabled=True).prefetch_related("articles")
    return [_from_row(row) for row in rows.order_by("pk")]


def _from_row(row: EvaluationCase) -> Case:
    return Case(
        id=f"case-{row.pk}",
        channel=row.channel,
        subject=row.subject,
        message=row.message,
        expect=Expectation.model_validate(
            {
                "action": row.expected_action,
                "article": sorted(article.slug for article in row.articles.all()),
                "reason": row.expected_reason,
                "says": [line.strip() for line in row.says.splitlines() if line.strip()],
            }
        ),
        row=row.pk,
    )


def _check_ids(cases: Sequence[Case], path: Path) -> None:
    """Two runs are compared by the cases' ids."""
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise EvaluationError(
                _("%(path)s has two cases “%(id)s”.") % {"path": path, "id": case.id}
            )
        seen.add(case.id)


def _as_set(value: str | list[str]) -> set[str]:
    return {one for one in ([value] if isinstance(value, str) else value) if one}
