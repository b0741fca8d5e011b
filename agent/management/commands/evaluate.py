import json
import statistics
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from agent import evaluation
from agent.evaluation import EvaluationError, Outcome

DEFAULT_CASES = settings.BASE_DIR / "sample_company" / "messages.yaml"


class Command(BaseCommand):
    help = "Runs sample messages through the agent and counts how many go the way they should."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, default=DEFAULT_CASES, metavar="PATH")
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results here")
        parser.add_argument("--wrong", action="store_true", help="list only what went wrong")

    def handle(self, *args: Any, path: Path, wrong: bool, **options: Any) -> None:
        try:
            cases = evaluation.read_cases(path)
        except EvaluationError as error:
            raise CommandError(str(error)) from None
        outcomes = []
        for outcome in evaluation.run_cases(cases):
            outcomes.append(outcome)
            if not (wrong and outcome.is_right):
                self._print(outcome)
        if not outcomes:
            raise CommandError(_("%(path)s holds no cases.") % {"path": path})
        self._print_scores(outcomes)
        if options["json"]:
            options["json"].write_text(_dump(outcomes), encoding="utf-8")

    def _print(self, outcome: Outcome) -> None:
        mark = self.style.SUCCESS("right") if outcome.is_right else self.style.ERROR("WRONG")
        line = f"{mark}  {outcome.case.id:28} {outcome.happened}"
        if not outcome.is_right:
            line += f"\n       {'':28} expected {outcome.expected}"
            line += f"\n       {'':28} {outcome.decision.explanation}"
        self.stdout.write(line)

    def _print_scores(self, outcomes: Sequence[Outcome]) -> None:
        sets = evaluation.split_sets(outcomes)
        times = sorted(outcome.milliseconds for outcome in outcomes)
        self.stdout.write("")
        for name, score in evaluation.score_by_expectation(outcomes).items():
            self.stdout.write(f"{name:16} {score}")
        self.stdout.write("")
        self.stdout.write(_("All: %s") % evaluation.score(outcomes))
        for name, part in (
            (_("Half that thresholds were set on"), sets.tuned),
            (_("Other half"), sets.unseen),
            (_("Held out"), sets.held_out),
        ):
            if part:
                self.stdout.write(f"{name}: {_tell(part)}")
        self.stdout.write(
            _("Answered though a person should have: %s") % evaluation.count_unsafe(outcomes)
        )
        self.stdout.write(
            _("Time: median %(median).0f ms, p95 %(p95).0f ms")
            % {"median": statistics.median(times), "p95": times[int(0.95 * (len(times) - 1))]}
        )


def _tell(outcomes: Sequence[Outcome]) -> str:
    return str(
        _("%(score)s; wrong answers: %(wrong)d, handed over though answerable: %(needless)d")
        % {
            "score": evaluation.score(outcomes),
            "wrong": evaluation.count_wrong_answers(outcomes),
            "needless": evaluation.count_needless_hand_overs(outcomes),
        }
    )


def _dump(outcomes: Sequence[Outcome]) -> str:
    rows = [
        {
            "id": outcome.case.id,
            "set": outcome.case.set,
            "right": outcome.is_right,
            "expected": outcome.expected,
            "happened": outcome.happened,
            "explanation": outcome.decision.explanation,
            "text": outcome.decision.text,
            "confidence": outcome.decision.confidence,
            "milliseconds": outcome.milliseconds,
            "cost": None if outcome.cost is None else str(outcome.cost),
        }
        for outcome in outcomes
    ]
    score = evaluation.score(outcomes)
    return json.dumps(
        {"model": settings.LLM_MODEL, "right": score.right, "total": score.total, "cases": rows},
        ensure_ascii=False,
        indent=2,
    )
