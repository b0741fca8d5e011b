"""One pass of a suite through the pipeline, stored as it goes."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from agent.evaluation.cases import Case, EvaluationError, list_row_cases, read_cases
from agent.evaluation.outcomes import Outcome, run_cases
from agent.evaluation.records import COLLECTED, find_file
from agent.evaluation.scoreboard import Scoreboard, build_scoreboard
from agent.models import EvaluationResult, EvaluationRun
from crm.services import printable

State = EvaluationRun.State


def list_cases(suite: str) -> list[Case]:
    """The cases of a suite by its name. Raises EvaluationError with a sentence."""
    cases = list_row_cases() if suite == COLLECTED else read_cases(find_file(suite))
    if not cases:
        raise EvaluationError(_("%(suite)s holds no cases.") % {"suite": suite})
    return cases


def evaluate(run_id: int, *, clock: Callable[[], datetime]) -> None:
    """A job: one pass, begun anew if an earlier worker ended in its middle.

    Raises OperationalError while the database is away; any other failure is kept on the run.
    """
    run = EvaluationRun.objects.get(pk=run_id)
    if run.is_over:
        return
    try:
        make_pass(run, list_cases(run.suite), clock=clock)
    except OperationalError:
        raise
    except EvaluationError as error:
        _fail(run, str(error), clock())
    except Exception as error:
        _fail(run, type(error).__name__, clock())
        raise


def make_pass(
    run: EvaluationRun,
    cases: Sequence[Case],
    *,
    clock: Callable[[], datetime],
    watch: Callable[[Outcome], None] = lambda outcome: None,
) -> Scoreboard:
    """Tries the cases one by one and stores each, so that the progress can be seen."""
    run.results.all().delete()
    EvaluationRun.objects.filter(pk=run.pk).update(state=State.RUNNING, total=len(cases), right=0)
    outcomes = []
    for position, outcome in enumerate(run_cases(cases), start=1):
        outcomes.append(outcome)
        _build_result(run, position, outcome).save(force_insert=True)
        watch(outcome)
    scoreboard = build_scoreboard(outcomes)
    run.state, run.total, run.right = State.DONE, len(outcomes), scoreboard.right.count
    run.scoreboard, run.finished_at = scoreboard.model_dump(mode="json"), clock()
    run.save(update_fields=["state", "total", "right", "scoreboard", "finished_at"])
    return scoreboard


def _build_result(run: EvaluationRun, position: int, outcome: Outcome) -> EvaluationResult:
    case, decision, trial = outcome.case, outcome.decision, outcome.trial
    return EvaluationResult(
        run=run,
        case_id=case.row,
        position=position,
        key=case.id,
        held_out=case.is_held_out,
        question=printable("\n\n".join(text for text in (case.subject, case.message) if text)),
        expected_action=case.expect.action,
        expected=outcome.expected,
        action=decision.action,
        reason=decision.reason,
        happened=printable(outcome.happened),
        text=printable(decision.text),
        sources=list(decision.sources),
        explanation=printable(decision.explanation),
        confidence=decision.confidence,
        is_right=outcome.is_right,
        has_article=outcome.has_article,
        is_grounded=outcome.is_grounded,
        missed_guardrail=outcome.missed_guardrail,
        false_guardrail=outcome.false_guardrail,
        steps=trial.journal.dump(),
        milliseconds=trial.milliseconds,
        cost=trial.journal.cost,
    )


@transaction.atomic
def _fail(run: EvaluationRun, why: str, now: datetime) -> None:
    run.state, run.error, run.finished_at = State.FAILED, why, now
    run.save(update_fields=["state", "error", "finished_at"])
