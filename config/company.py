"""Reads a company's three files: who it is, how it speaks, what goes to people."""

import re
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from agent.models import Briefing
from tickets.models import HandoverRule, Ticket

_SECTION = re.compile(r"^## +(?P<reason>[a-z_]+) *$", re.MULTILINE)
_FIELD = r"^\*\*{name}:\*\* *(?P<value>.+?) *$"
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CompanyReport:
    """Which reasons have a rule now, and what was passed over, each with why."""

    reasons: tuple[str, ...]
    skipped: tuple[str, ...]


@transaction.atomic
def load_company(folder: Path) -> CompanyReport:
    """Takes over `company.md`, `voice.md` and `escalation.md`; a file that is missing changes
    nothing. Repeatable: a rule of the same reason is replaced."""
    profile, voice = _read(folder / "company.md"), _read(folder / "voice.md")
    briefing = Briefing.objects.first() or Briefing()
    changed = (profile or briefing.profile, voice or briefing.voice)
    if changed != (briefing.profile, briefing.voice):
        briefing.profile, briefing.voice = changed
        briefing.save()
    return _load_rules(_read(folder / "escalation.md"))


def _load_rules(text: str) -> CompanyReport:
    parts = _SECTION.split(text)
    reasons, skipped = [], []
    for reason, body in zip(parts[1::2], parts[2::2], strict=True):
        route, notice = _field(body, "Route"), _field(body, "The customer is told")
        if reason not in Ticket.Reason.values:
            skipped.append(f"{reason}: not one of {', '.join(Ticket.Reason.values)}")
        elif not route or not notice:
            skipped.append(f"{reason}: needs **Route:** and **The customer is told:**")
        else:
            first_steps = _field(body, "First steps")[:500]
            HandoverRule.objects.update_or_create(
                reason=reason,
                defaults={"route": route[:80], "notice": notice, "first_steps": first_steps},
            )
            reasons.append(reason)
    return CompanyReport(tuple(reasons), tuple(skipped))


def _field(body: str, name: str) -> str:
    found = re.search(_FIELD.format(name=re.escape(name)), body, re.MULTILINE)
    return found["value"] if found else ""


def _read(path: Path) -> str:
    """The text without its front matter; "" if there is no such file."""
    if not path.is_file():
        return ""
    return _FRONT_MATTER.sub("", path.read_text(encoding="utf-8")).strip()
