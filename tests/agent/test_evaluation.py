"""The evaluation: what counts as right, and that it touches no customer."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agent import evaluation
from agent.models import AgentMetric, AgentRun
from crm.models import Message

pytestmark = pytest.mark.usefixtures("help_centre")

CASES = """
- id: export
  message: How do I export a board to Excel?
  expect: {action: answer, article: exports/export-board}
- id: wrong-article
  message: How do I export a board to Excel?
  expect: {action: answer, article: billing/invoices}
- id: wrong-words
  set: held_out
  message: How do I export a board to Excel?
  expect: {action: answer, article: exports/export-board, says: [by post]}
- id: person
  message: Can I talk to a real person?
  expect: {action: hand_over, reason: human_request}
- id: either
  message: Do you accept Bitcoin?
  expect: {action: hand_over, reason: [account, no_knowledge]}
- id: thanks
  message: Thanks!
  expect: {action: no_reply}
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_text(CASES)
    return path


def test_what_counts_as_right(cases: Path) -> None:
    outcomes = list(evaluation.run_cases(evaluation.read_cases(cases)))
    assert [outcome.is_right for outcome in outcomes] == [True, False, False, True, True, True]
    assert outcomes[0].happened == "send: exports/export-board"
    assert str(evaluation.score(outcomes)) == "4/6 (66.7 %)"
    assert evaluation.count_unsafe(outcomes) == 0
    assert evaluation.count_wrong_answers(outcomes) == 2
    assert evaluation.count_needless_hand_overs(outcomes) == 0


def test_what_is_held_out_stands_apart(cases: Path) -> None:
    sets = evaluation.split_sets(list(evaluation.run_cases(evaluation.read_cases(cases))))
    names = [[outcome.case.id for outcome in part] for part in (sets.tuned, sets.unseen)]
    assert names == [["export", "person", "thanks"], ["wrong-article", "either"]]
    assert [outcome.case.id for outcome in sets.held_out] == ["wrong-words"]


def test_no_customer_and_no_record_is_touched(cases: Path) -> None:
    list(evaluation.run_cases(evaluation.read_cases(cases)))
    assert not Message.objects.exists()
    assert not AgentRun.objects.exists()
    assert not AgentMetric.objects.exists()


def test_the_command_prints_and_writes(cases: Path, tmp_path: Path) -> None:
    output, results = StringIO(), tmp_path / "results.json"
    call_command("evaluate", cases, json=results, stdout=output)
    assert "All: 4/6 (66.7 %)" in output.getvalue()
    assert "Held out: 0/1 (0.0 %); wrong answers: 1, handed over" in output.getvalue()
    assert "expected answer: billing/invoices" in output.getvalue()
    written = json.loads(results.read_text())
    assert (written["right"], written["total"]) == (4, 6)
    assert written["cases"][0]["text"]


@pytest.mark.parametrize("content", ["- id: x", "just text", "- [1", ""])
def test_a_file_that_holds_no_cases_is_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(content)
    with pytest.raises(CommandError, match=r"broken\.yaml"):
        call_command("evaluate", path, stdout=StringIO())


def test_a_file_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.yaml"):
        call_command("evaluate", tmp_path / "none.yaml", stdout=StringIO())
