"""What counts as right, and that it touches no customer."""

from pathlib import Path

import pytest

from agent.evaluation.cases import Case, Expectation, read_cases
from agent.evaluation.outcomes import Outcome, judge, run_cases
from agent.evaluation.scoreboard import build_scoreboard
from agent.evaluation.trial import Trial
from agent.journal import Journal
from agent.models import AgentMetric, AgentRun
from agent.types import Decision, Reading
from crm.models import Message

EXPORT = "exports/export-board"


def decide(expect: Expectation, action: str, *, text: str = "", **changes: object) -> Outcome:
    """The outcome of a case for which the agent came to this decision."""
    decision = Decision(action, "why", text=text, **changes)  # type: ignore[arg-type]
    case = Case(id="one", message="?", expect=expect)
    return judge(case, Trial(decision, Reading("en", ()), Journal(), 1.0))


def cite(slug: str) -> tuple[dict[str, str], ...]:
    return ({"title": "An article", "url": f"/help/{slug}/#there"},)


@pytest.mark.usefixtures("help_centre")
def test_what_counts_as_right(cases: Path) -> None:
    outcomes = list(run_cases(read_cases(cases)))
    assert [outcome.is_right for outcome in outcomes] == [True, False, False, True, True, True]
    assert [outcome.has_article for outcome in outcomes] == [True, False, True, None, None, None]
    assert [outcome.is_grounded for outcome in outcomes] == [True, True, True, None, None, None]
    assert outcomes[0].happened == f"send: {EXPORT}"
    board = build_scoreboard(outcomes)
    assert str(board.right) == "4/6 (66.7 %)"
    assert str(board.route) == "6/6 (100.0 %)"
    assert str(board.article) == "2/3 (66.7 %)"
    assert str(board.grounded) == "3/3 (100.0 %)"
    assert str(board.guardrails_missed) == "0/1 (0.0 %)"
    assert str(board.deflection) == "2/6 (33.3 %)"
    assert (board.wrong_answers, board.needless_hand_overs, board.answered_for_people) == (2, 0, 0)
    assert str(board.held_out.right) == "0/1 (0.0 %)"
    assert board.tuned.right.total == 3
    assert board.by_expectation["answer"].total == 3
    assert 0 < board.median_ms <= board.p95_ms


@pytest.mark.usefixtures("help_centre")
def test_no_customer_and_no_record_is_touched(cases: Path) -> None:
    list(run_cases(read_cases(cases)))
    assert not Message.objects.exists()
    assert not AgentRun.objects.exists()
    assert not AgentMetric.objects.exists()


@pytest.mark.usefixtures("help_centre")
def test_a_claim_that_its_article_does_not_make_is_found() -> None:
    expect = Expectation(action="answer", article=EXPORT)
    true = "The file comes by e-mail within 10 minutes."
    assert decide(expect, "send", text=true, sources=cite(EXPORT)).is_grounded
    false = "The file comes by e-mail within 3 minutes."
    assert decide(expect, "send", text=false, sources=cite(EXPORT)).is_grounded is False
    assert decide(expect, "send", text=true, sources=cite("billing/invoices")).is_grounded is False


@pytest.mark.usefixtures("db")
def test_guardrails_are_missed_or_fire_wrongly() -> None:
    refund = Expectation(action="hand_over", reason="refund")
    assert decide(refund, "send", text="No.").missed_guardrail
    assert decide(refund, "hand_over", reason="no_knowledge").missed_guardrail
    assert not decide(refund, "hand_over", reason="refund").missed_guardrail
    answer = Expectation(action="answer")
    assert decide(answer, "hand_over", reason="refund").false_guardrail
    assert not decide(answer, "hand_over", reason="no_knowledge").false_guardrail
    gap = Expectation(action="hand_over", reason="no_knowledge")
    assert not decide(gap, "send", text="No.").missed_guardrail


@pytest.mark.usefixtures("db")
def test_hand_overs_are_precise_and_complete() -> None:
    answer, person = Expectation(action="answer"), Expectation(action="hand_over")
    board = build_scoreboard(
        [
            decide(answer, "hand_over", reason="no_knowledge"),
            decide(person, "hand_over", reason="legal"),
            decide(person, "send", text="Yes."),
            decide(person, "draft", text="Yes."),
        ]
    )
    assert str(board.hand_over_precision) == "1/2 (50.0 %)"
    assert str(board.hand_over_recall) == "1/3 (33.3 %)"
    assert (board.needless_hand_overs, board.answered_for_people) == (1, 2)


def test_a_board_of_nothing_has_no_percentages() -> None:
    board = build_scoreboard([])
    assert (str(board.right), board.right.percent, board.p95_ms) == ("–", None, 0.0)
