"""The sentences that the emotions are learned from, and those that they are measured on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent
_THINGS = "things"
# How many sentences are made of one with a {thing}.
_MADE = 5


@dataclass(frozen=True, slots=True)
class Sentence:
    """`family` is the same for all that was made of one sentence."""

    text: str
    emotion: str
    family: int


def read_sentences() -> list[Sentence]:
    rows = _read("sentences.yaml")
    things: dict[str, list[str]] = rows.pop(_THINGS)
    originals = (
        (emotion, language, text)
        for emotion, languages in rows.items()
        for language, texts in languages.items()
        for text in texts
    )
    return [
        Sentence(made, emotion, family)
        for family, (emotion, language, text) in enumerate(originals)
        for made in _fill(text, things[language], family)
    ]


def read_held_out() -> list[Sentence]:
    rows = [(emotion, text) for emotion, texts in _read("held_out.yaml").items() for text in texts]
    return [Sentence(text, emotion, family) for family, (emotion, text) in enumerate(rows)]


def _fill(text: str, things: list[str], family: int) -> Iterator[str]:
    """The text with things in the place of {thing}, others for each family."""
    count = min(_MADE, len(things)) if "{thing}" in text else 1
    for number in range(count):
        made = text.replace("{thing}", things[(family + number) % len(things)])
        yield made[0].upper() + made[1:]


def _read(name: str) -> dict[str, Any]:
    rows: dict[str, Any] = yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))
    return rows
