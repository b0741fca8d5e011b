"""The rules that a new desk starts with, one file each. Staff change them in the console, as rows.

A word is not a wish: a pattern looks for what the customer wants done. Every rule brings
sentences that it must and must not catch, which are checked whenever a rule is saved.
"""

from dataclasses import dataclass, fields
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Default:
    name: str
    reason: str
    route: str
    priority: int
    stage: str
    action: str
    patterns: str
    examples: str
    threshold: float
    must_match: str
    must_not_match: str


def _read(path: Path) -> Default:
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    for field in fields(Default):
        if field.type is str:
            values[field.name] = values[field.name].strip()
    return Default(**values)


DEFAULTS = tuple(
    sorted(map(_read, Path(__file__).parent.glob("*.yaml")), key=lambda default: default.priority)
)
