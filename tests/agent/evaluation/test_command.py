"""`manage.py evaluate`: what it prints, writes, stores and compares."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agent.evaluation import records
from agent.models import EvaluationCase, EvaluationRun
from knowledge.models import Article

pytestmark = pytest.mark.usefixtures("help_centre")


def evaluate(path: Path, **options: Any) -> str:
    output = StringIO()
    call_command("evaluate", cases=str(path), stdout=output, **options)
    return output.getvalue()


def test_it_prints_and_writes(cases: Path, tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    printed = evaluate(cases, json=results)
    assert "All: 4/6 (66.7 %)" in printed
    assert "Held out: 0/1 (0.0 %); wrong answers: 1, handed over" in printed
    assert "expected answer: billing/invoices" in printed
    assert "Compared with" not in printed
    written = json.loads(results.read_text())
    assert (written["right"], written["total"]) == (4, 6)
    assert written["scoreboard"]["grounded"] == {"count": 3, "total": 3}
    assert written["cases"][0]["text"]


def test_it_stores_the_scoreboard_and_each_case(cases: Path) -> None:
    evaluate(cases)
    run = EvaluationRun.objects.get()
    assert (run.state, run.right, run.total) == ("done", 4, 6)
    assert run.scoreboard["right"] == {"count": 4, "total": 6}
    kinds = [step["kind"] for step in run.results.get(key="export").steps]
    assert kinds[0] == "guardrail"
    assert kinds[-1] == "decision"


def test_it_lists_what_flipped(cases: Path, help_centre: dict[str, Article]) -> None:
    evaluate(cases)
    Article.objects.filter(pk=help_centre["exports/export-board"].pk).update(state="archived")
    printed = evaluate(cases, wrong=True)
    assert "4/6 right):" in printed
    assert "now WRONG" in printed
    assert "send: exports/export-board" in printed
    assert "→ hand_over: no_knowledge" in printed
    assert "1 flipped, 2 others" in printed
    newest = EvaluationRun.objects.latest("pk")
    previous = records.get_previous(newest)
    assert previous is not None
    [flip] = records.compare(newest, previous).flips
    assert (flip.after.key, flip.is_better) == ("export", False)


def test_ci_can_ask_for_a_share(cases: Path) -> None:
    evaluate(cases, min_right=66)
    with pytest.raises(CommandError, match=r"4/6 \(66\.7 %\)"):
        evaluate(cases, min_right=67)


def test_collected_cases_are_run(cases: Path, help_centre: dict[str, Article]) -> None:
    case = EvaluationCase.objects.create(
        message="How do I export a board to Excel?", says="Board menu\nExcel or CSV\n"
    )
    case.articles.add(help_centre["exports/export-board"])
    EvaluationCase.objects.create(message="Not counted", enabled=False)
    output = StringIO()
    call_command("evaluate", collected=True, stdout=output)
    assert "All: 1/1 (100.0 %)" in output.getvalue()
    assert EvaluationRun.objects.get().results.get().case == case


def test_tickets_since_a_day_become_cases() -> None:
    with pytest.raises(CommandError, match="collected holds no cases"):
        call_command("evaluate", since=datetime(2026, 1, 1, tzinfo=UTC), stdout=StringIO())


@pytest.mark.parametrize("content", ["- id: x", "just text", "- [1", ""])
def test_a_file_that_holds_no_cases_is_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(content)
    with pytest.raises(CommandError, match=r"broken\.yaml"):
        evaluate(path)


def test_two_cases_of_one_id_are_a_sentence(cases: Path) -> None:
    cases.write_text(cases.read_text().replace("wrong-words", "export"))
    with pytest.raises(CommandError, match="two cases “export”"):
        evaluate(cases)


def test_a_file_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.yaml"):
        evaluate(tmp_path / "none.yaml")
