"""The texts, read from a folder, each in the validation or the test part for good."""

import csv
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]
_TITLE = re.compile(r"^(?:#+|title:)\s*(.+?)\s*$", re.MULTILINE)


class DataMissing(Exception):
    """A file is not there; the message names it."""


@dataclass(frozen=True, slots=True)
class Texts:
    """`attacks` try to take the agent over; no text of `ordinary`, by the name of its set, does.
    `wishes` are all utterances of one set, with whether they wish for a person."""

    attacks: list[str]
    ordinary: dict[str, list[str]]
    wishes: list[tuple[str, bool]]


def is_validation(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[-1] % 2 == 0


def read_texts(folder: Path) -> Texts:
    """Raises DataMissing."""
    try:
        utterances = json.loads((folder / "handoff/nlupp_banking.json").read_text())
        wishes = [(row["text"], "handoff" in row.get("intents", ())) for row in utterances]
        return Texts(
            attacks=json.loads((folder / "injection/in_the_wild_dev.json").read_text()),
            ordinary={
                "Banking77": _read_banking(folder / "intents/banking77_train.csv"),
                **_read_clinc(folder / "intents/clinc150_train_val.json"),
                "NLU++": [text for text, _ in wishes],
                "Kanboard titles": _read_titles(folder / "knowledge/kanboard"),
                "sample company": _read_sample(),
            },
            wishes=wishes,
        )
    except FileNotFoundError as error:
        raise DataMissing(f"There is no {error.filename}.") from None


def _read_banking(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def _read_clinc(path: Path) -> dict[str, list[str]]:
    parts = json.loads(path.read_text())
    return {
        "CLINC in scope": [text for part in ("train", "val") for text, _ in parts[part]],
        "CLINC out of scope": [
            text for part in ("oos_train", "oos_val") for text, _ in parts[part]
        ],
    }


def _read_titles(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise DataMissing(f"There is no {folder}.")
    pages = sorted(folder.rglob("*.md"))
    titles = [title for page in pages for title in _TITLE.findall(page.read_text())]
    return list(dict.fromkeys(title.strip("\"'") for title in titles))


def _read_sample() -> list[str]:
    """The sample company's messages but those that are attacks."""
    rows = yaml.safe_load((PROJECT / "sample_company/messages.yaml").read_text())
    return [
        f"{row.get('subject', '')}\n\n{row.get('message', '')}".strip()
        for row in rows
        if "injection" not in str(row["expect"].get("reason", ""))
    ]
