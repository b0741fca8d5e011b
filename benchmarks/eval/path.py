"""The way of a short message before any model is asked: how long each step takes, and the memory.

`python -m benchmarks.eval.path` prints figures as JSON. A process of its own, with all that a
worker imports, the sample company's articles and its intents; each message is new to it.
"""

import json
import os
import sys
import time
from collections import defaultdict
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import django

from benchmarks.eval.figures import Figure, below

if TYPE_CHECKING:
    from agent.journal import Journal

_SAMPLE = Path(__file__).parents[2] / "sample_company"
_SHORT = 140  # characters
_ROUNDS = 3
_STEPS = ("guardrail", "language", "sentiment", "intent", "search")
_MEMORY_MB = 400


def measure_path() -> list[Figure]:
    """Leaves the configured database as it was."""
    # Imported late: models need Django to be set up.
    import psutil
    from django.db import transaction
    from django.utils import timezone

    from agent import meaning
    from agent.evaluation.cases import read_cases
    from agent.evaluation.outcomes import build_question
    from agent.evaluation.trial import ScratchDesk
    from agent.intents.retraining import retrain
    from agent.intents.seeds import load_seeds
    from agent.journal import Journal
    from agent.pipeline import consider
    from config.sample import load_articles
    from knowledge.embeddings import get_embedder
    from knowledge.indexing import index_article
    from knowledge.models import Article

    import_module("config.schedule")
    import_module("config.worker")
    times: dict[str, list[float]] = defaultdict(list)
    with transaction.atomic():
        load_articles(_SAMPLE)
        for key in Article.objects.values_list("pk", flat=True):
            index_article(key)
        load_seeds(_SAMPLE / "intents.yaml")
        retrain(now=timezone.now(), force=True)
        questions = [
            question
            for case in read_cases(_SAMPLE / "messages.yaml")
            if len((question := build_question(case)).full_text) <= _SHORT
        ]
        for turn in range(_ROUNDS + 1):
            for question in questions:
                meaning.embed.cache_clear()
                journal = Journal()
                consider(question, desk=ScratchDesk(), journal=journal)
                taken = {name: _milliseconds(journal, name) for name in _STEPS}
                started = time.perf_counter()
                get_embedder().embed([question.full_text])
                taken["one embedding"] = 1000 * (time.perf_counter() - started)
                if turn == 0 or not taken["search"]:
                    continue  # loads what is loaded once; no search: a rule decided
                taken["whole path"] = sum(taken[name] for name in _STEPS)
                for name, milliseconds in taken.items():
                    times[name].append(milliseconds)
        memory = psutil.Process().memory_info().rss / 1_000_000
        transaction.set_rollback(True)
    note = f"{len(times['whole path'])} runs of short messages of the sample company"
    figures = [
        Figure("time", f"{name}, p50", _quantile(values, 0.5), "ms")
        for name, values in times.items()
    ]
    for name, values in times.items():
        p95 = _quantile(values, 0.95)
        figures.append(
            below("time", f"{name}, p95", p95, 25, unit="ms", note=note)
            if name == "whole path"
            else Figure("time", f"{name}, p95", p95, "ms")
        )
    figures.sort(key=lambda figure: (figure.name.split(",")[0] == "whole path", figure.name))
    return [*figures, below("memory", "a worker's, resident", memory, _MEMORY_MB, unit="MB")]


def _milliseconds(journal: "Journal", name: str) -> float:
    kind, title = ("tool", "search_knowledge_base") if name == "search" else (name, "")
    first = (
        note.milliseconds
        for note in journal.notes
        if note.kind == kind and (not title or note.title == title)
    )
    return float(next(first, 0.0))


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    sys.stdout.write(json.dumps([asdict(figure) for figure in measure_path()]))
