"""Loads the sample company: its help centre, its staff's saved replies, and a few first questions
for the console."""

import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from channels.types import Submission
from channels.web.submission import submit_question
from knowledge.imports import import_folder
from knowledge.types import ImportReport
from tickets.models import SavedReply

_COLLECTION = "sample_company"
_PRIORITIES = {"security": "urgent", "refund": "high"}


def load_articles(
    folder: Path, *, progress: Callable[[int, int, str], None] | None = None
) -> ImportReport:
    """Imports `articles/`; what has not changed since the last time costs nothing."""
    return import_folder(folder / "articles", collection=_COLLECTION, progress=progress)


def load_saved_replies(folder: Path) -> int:
    """Adds those of `saved_replies.yaml` whose title is not taken; returns how many were added."""
    replies = _read(folder / "saved_replies.yaml")
    return sum(
        SavedReply.objects.get_or_create(
            title=reply["title"],
            defaults={"text": reply["text"].strip(), "language": reply["language"]},
        )[1]
        for reply in replies
    )


def ask_first_questions(folder: Path, *, now: datetime) -> int:
    """Submits `first_questions.yaml` as its customers would; a second call adds nothing.

    Returns how many questions there are.
    """
    messages = {message["id"]: message for message in _read(folder / "messages.yaml")}
    questions = _read(folder / "first_questions.yaml")
    for question in questions:
        message = messages[question["message"]]
        submit_question(
            submission=Submission(
                token=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_COLLECTION}/{message['id']}")),
                name=question["name"],
                email=question["email"],
                subject=message["subject"],
                message=message["message"],
                category=message["category"],
                priority=_PRIORITIES.get(message["expect"].get("reason", ""), "normal"),
            ),
            now=now,
        )
    return len(questions)


def _read(path: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
