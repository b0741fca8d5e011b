"""A company's own intents with their first examples, from a file such as
sample_company/intents.yaml."""

from pathlib import Path
from typing import Literal

import yaml
from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field

from agent.intents.examples import request_training
from agent.models import Intent, IntentExample


class Seed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(pattern=r"^[a-z0-9_]{1,60}$")
    title: str = Field(max_length=120)
    risk: Literal["low", "medium", "high"] = "medium"
    description: str = ""
    examples: list[str]


@transaction.atomic
def load_seeds(path: Path) -> int:
    """Adds what is not there yet; what staff changed or labelled stays as it is. Returns how many
    examples the file has. Raises ValidationError of pydantic and yaml.YAMLError."""
    seeds = [Seed.model_validate(row) for row in yaml.safe_load(path.read_text(encoding="utf-8"))]
    known = {text.lower() for text in IntentExample.objects.values_list("text", flat=True)}
    new: dict[str, IntentExample] = {}
    for seed in seeds:
        intent = _get_intent(seed) if seed.name else None
        for text in seed.examples:
            if text.lower() not in known:
                example = IntentExample(text=text, intent=intent, source=IntentExample.Source.SEED)
                new.setdefault(text.lower(), example)
    IntentExample.objects.bulk_create(new.values(), ignore_conflicts=True)
    if new:
        request_training()
    return sum(len(seed.examples) for seed in seeds)


def _get_intent(seed: Seed) -> Intent:
    values = {"title": seed.title, "risk": seed.risk, "description": seed.description}
    return Intent.objects.get_or_create(name=seed.name, defaults=values)[0]
