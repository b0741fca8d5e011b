import json
from argparse import ArgumentParser
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from agent.evaluation import passes, records
from agent.evaluation.cases import EvaluationError
from agent.evaluation.collection import collect_cases
from agent.evaluation.outcomes import Outcome
from agent.evaluation.records import Comparison
from agent.evaluation.scoreboard import Part, Scoreboard
from agent.models import EvaluationRun


class Command(BaseCommand):
    help = (
        "Runs cases through the agent as it is configured, prints and stores a scoreboard, and "
        "lists what the last run of the same cases had otherwise. Sends nothing to anybody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--cases", metavar="FILE", help="a file of cases; the sample company's by default"
        )
        which.add_argument(
            "--collected", action="store_true", help="the cases that staff made in the console"
        )
        which.add_argument(
            "--since",
            metavar="DATE",
            type=_date,
            help="makes cases of the tickets finished since then, and runs the collected ones",
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results here")
        parser.add_argument("--wrong", action="store_true", help="list only what went wrong")
        parser.add_argument(
            "--min-right",
            type=float,
            metavar="PERCENT",
            help="end with exit code 1 if fewer of the cases are right",
        )

    def handle(self, *args: Any, wrong: bool, min_right: float | None, **options: Any) -> None:
        suite = self._choose(options)
        try:
            cases = passes.list_cases(suite)
        except EvaluationError as error:
            raise CommandError(str(error)) from None

        def watch(outcome: Outcome) -> None:
            if not (wrong and outcome.is_right):
                self._print(outcome)

        run = records.begin_evaluation(suite=suite, staff=None, now=timezone.now())
        scoreboard = passes.make_pass(run, cases, clock=timezone.now, watch=watch)
        self._print_scoreboard(scoreboard)
        previous = records.get_previous(run)
        if previous is not None:
            self._print_comparison(records.compare(run, previous))
        if options["json"]:
            options["json"].write_text(_dump(run, scoreboard), encoding="utf-8")
        percent = scoreboard.right.percent or 0.0
        if min_right is not None and percent < min_right:
            raise CommandError(
                _("Only %(share)s are right; at least %(least).1f %% should be.")
                % {"share": scoreboard.right, "least": min_right}
            )

    def _choose(self, options: dict[str, Any]) -> str:
        if options["since"]:
            count = collect_cases(since=options["since"])
            self.stdout.write(_("%(count)d tickets became cases.") % {"count": count})
        if options["since"] or options["collected"]:
            return records.COLLECTED
        return str(options["cases"] or records.SAMPLE)

    def _print(self, outcome: Outcome) -> None:
        mark = self.style.SUCCESS("right") if outcome.is_right else self.style.ERROR("WRONG")
        line = f"{mark}  {outcome.case.id:28} {outcome.happened}"
        if not outcome.is_right:
            line += f"\n       {'':28} expected {outcome.expected}"
            line += f"\n       {'':28} {outcome.decision.explanation}"
        self.stdout.write(line)

    def _print_scoreboard(self, board: Scoreboard) -> None:
        cost = _("unknown") if board.cost is None else f"${board.cost}"
        rows: list[tuple[object, object]] = [
            ("", ""),
            *board.by_expectation.items(),
            ("", ""),
            (_("All"), board.right),
            (_("Right route"), board.route),
            (_("Right article"), board.article),
            (_("Every claim supported"), board.grounded),
            (_("Guardrails missed"), board.guardrails_missed),
            (_("Guardrails fired wrongly"), board.guardrails_false),
            (_("Hand-over precision"), board.hand_over_precision),
            (_("Hand-over recall"), board.hand_over_recall),
            (_("Deflection"), board.deflection),
            (_("Answered though a person should have"), board.answered_for_people),
            (_("Cost"), cost),
            (_("Time"), f"p50 {board.median_ms:.0f} ms, p95 {board.p95_ms:.0f} ms"),
            ("", ""),
            (_("Half that thresholds were set on"), _tell(board.tuned)),
            (_("Other half"), _tell(board.unseen)),
            (_("Held out"), _tell(board.held_out)),
        ]
        for name, value in rows:
            self.stdout.write(f"{name}: {value}" if name else "")

    def _print_comparison(self, comparison: Comparison) -> None:
        before = comparison.previous
        self.stdout.write("")
        self.stdout.write(
            _("Compared with %(date)s (%(model)s, %(right)d/%(total)d right):")
            % {
                "date": timezone.localtime(before.created_at).strftime("%Y-%m-%d %H:%M"),
                "model": before.model,
                "right": before.right,
                "total": before.total,
            }
        )
        for flip in comparison.flips:
            style = self.style.SUCCESS if flip.is_better else self.style.ERROR
            mark = style(_("now right") if flip.is_better else _("now WRONG"))
            self.stdout.write(f"{mark}  {flip.after.key:28} {flip.before.happened}")
            self.stdout.write(f"           {'':28} → {flip.after.happened}")
        self.stdout.write(
            _(
                "%(flips)d flipped, %(reworded)d others decided or worded anew, "
                "%(added)d new, %(gone)d gone."
            )
            % {
                "flips": len(comparison.flips),
                "reworded": len(comparison.reworded),
                "added": comparison.added,
                "gone": comparison.removed,
            }
        )


def _date(text: str) -> datetime:
    day = parse_date(text)
    if day is None:
        raise ValueError(text)
    return datetime.combine(day, time.min, tzinfo=UTC)


def _tell(part: Part) -> str:
    return str(
        _("%(score)s; wrong answers: %(wrong)d, handed over though answerable: %(needless)d")
        % {
            "score": part.right,
            "wrong": part.wrong_answers,
            "needless": part.needless_hand_overs,
        }
    )


def _dump(run: EvaluationRun, scoreboard: Scoreboard) -> str:
    rows = [
        {
            "id": result.key,
            "held_out": result.held_out,
            "right": result.is_right,
            "grounded": result.is_grounded,
            "expected": result.expected,
            "happened": result.happened,
            "explanation": result.explanation,
            "text": result.text,
            "confidence": result.confidence,
            "milliseconds": result.milliseconds,
            "cost": None if result.cost is None else str(result.cost),
        }
        for result in run.results.defer("steps")
    ]
    return json.dumps(
        {
            "model": settings.LLM_MODEL,
            "right": run.right,
            "total": run.total,
            "scoreboard": scoreboard.model_dump(mode="json"),
            "cases": rows,
        },
        ensure_ascii=False,
        indent=2,
    )
