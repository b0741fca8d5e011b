"""Stored evaluations: begun, filled case by case, closed with a scoreboard, and compared.

Knows nothing of how a case is decided, so the console may import it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from agent.models import EvaluationResult, EvaluationRun
from config import jobs
from crm.models import User

State = EvaluationRun.State

# The suite of the console's own rows; every other name is a file's.
COLLECTED = "collected"
SAMPLE = "sample_company/messages.yaml"


def list_suites() -> list[str]:
    """What staff may have tried: their own cases, the sample's, and every file that
    `manage.py evaluate --cases` was given and that is still there."""
    used = EvaluationRun.objects.order_by("suite").values_list("suite", flat=True).distinct()
    kept = [suite for suite in used if find_file(suite).is_file()]
    return list(dict.fromkeys([COLLECTED, SAMPLE, *kept]))


def find_file(suite: str) -> Path:
    """A path that is not absolute starts at the project's folder."""
    return Path(settings.BASE_DIR) / suite


def request_evaluation(*, suite: str, staff: User, now: datetime) -> EvaluationRun:
    """Queues a pass over a suite; one that waits or runs already is returned instead."""
    with transaction.atomic():
        waiting = (
            EvaluationRun.objects.select_for_update()
            .filter(suite=suite, state__in=[State.QUEUED, State.RUNNING])
            .first()
        )
        if waiting is not None:
            return waiting
        run = begin_evaluation(suite=suite, staff=staff, now=now)
        jobs.enqueue("agent.evaluate", lock="evaluation", queue="knowledge", run_id=run.pk)
    return run


def begin_evaluation(*, suite: str, staff: User | None, now: datetime) -> EvaluationRun:
    return EvaluationRun.objects.create(
        suite=suite, model=settings.LLM_MODEL, started_by=staff, created_at=now
    )


def get_previous(run: EvaluationRun) -> EvaluationRun | None:
    """The last finished pass over the same suite before this one."""
    earlier = EvaluationRun.objects.filter(suite=run.suite, state=State.DONE, pk__lt=run.pk)
    return earlier.order_by("-pk").first()


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that went right in one pass and wrong in the other."""

    before: EvaluationResult
    after: EvaluationResult

    @property
    def is_better(self) -> bool:
        return self.after.is_right


@dataclass(frozen=True, slots=True)
class Comparison:
    """One pass beside an earlier one over the same suite.

    `reworded` are cases as right or wrong as before whose decision or text is another.
    """

    previous: EvaluationRun
    flips: Sequence[Flip]
    reworded: Sequence[Flip]
    added: int
    removed: int


def compare(run: EvaluationRun, previous: EvaluationRun) -> Comparison:
    """Cases are told by their ids; flips for the worse come first."""
    before, after = _read(previous), _read(run)
    pairs = [Flip(before[key], one) for key, one in after.items() if key in before]
    flips = [pair for pair in pairs if pair.before.is_right != pair.after.is_right]
    reworded = [
        pair
        for pair in pairs
        if pair.before.is_right == pair.after.is_right
        and (pair.before.happened, pair.before.text) != (pair.after.happened, pair.after.text)
    ]
    return Comparison(
        previous=previous,
        flips=sorted(flips, key=lambda flip: flip.is_better),
        reworded=reworded,
        added=len(after.keys() - before.keys()),
        removed=len(before.keys() - after.keys()),
    )


def _read(run: EvaluationRun) -> dict[str, EvaluationResult]:
    return {result.key: result for result in run.results.defer("steps")}
