"""How a saved rule comes into force, and what stays in force until then."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from agent.guardrails import checking
from agent.guardrails.screening import screen
from agent.models import GuardrailRule, RuleInForce
from agent.types import Question

Save = Callable[..., GuardrailRule]
RunJobs = Callable[[], int]

pytestmark = pytest.mark.django_db

DAMAGED = "The glass was shattered when I opened the parcel"


def fires(text: str) -> str:
    hit = screen(Question(channel="web", texts=(text,))).hit
    return hit.rule if hit else ""


def test_a_rule_of_words_is_in_force_at_once(save_rule: Save) -> None:
    rule = save_rule(examples="", must_match="It is broken", patterns=r"\bbroken\b")
    assert rule.state == "active"
    assert fires("My cup is broken") == "Damaged goods"


def test_a_meaning_is_checked_by_a_job_before_it_counts(save_rule: Save, run_jobs: RunJobs) -> None:
    rule = save_rule()
    assert rule.state == "checking"
    assert fires(DAMAGED) == ""
    run_jobs()
    rule.refresh_from_db()
    assert rule.state == "active"
    assert fires(DAMAGED) == "Damaged goods"
    assert fires("How long does delivery take?") == ""


def test_examples_that_go_wrong_are_named_and_the_last_version_stays(
    save_rule: Save, run_jobs: RunJobs
) -> None:
    rule = save_rule()
    run_jobs()
    rule = save_rule(
        GuardrailRule.objects.get(pk=rule.pk),
        must_match="Which countries do you deliver to?",
        must_not_match="My plate came in two pieces",
        threshold=-0.9,
    )
    assert rule.state == "checking"
    run_jobs()
    rule.refresh_from_db()
    assert rule.state == "refused"
    assert "Caught: My plate came in two pieces" in rule.refusal
    assert "Which countries" not in rule.refusal
    assert rule.in_force.threshold == 0.35
    assert fires(DAMAGED) == "Damaged goods"
    assert fires("How long does delivery take?") == ""


def test_a_sentence_that_is_missed_is_named(save_rule: Save, run_jobs: RunJobs) -> None:
    rule = save_rule(must_match="How do I invite a colleague?")
    run_jobs()
    rule.refresh_from_db()
    assert rule.refusal == "Not caught: How do I invite a colleague?"
    assert not RuleInForce.objects.filter(rule=rule).exists()


def test_team_order_and_switch_need_no_check(save_rule: Save, run_jobs: RunJobs) -> None:
    rule = save_rule()
    run_jobs()
    rule = save_rule(GuardrailRule.objects.get(pk=rule.pk), route="Warehouse", priority=1)
    assert rule.state == "active"
    hit = screen(Question(channel="web", texts=(DAMAGED,))).hit
    assert hit is not None
    assert hit.route == "Warehouse"
    assert hit.example in rule.examples
    save_rule(GuardrailRule.objects.get(pk=rule.pk), enabled=False)
    assert fires(DAMAGED) == ""


def test_two_saves_lead_to_the_last_one_and_a_late_job_changes_nothing(
    save_rule: Save, run_jobs: RunJobs
) -> None:
    rule = save_rule(must_match="How do I invite a colleague?")
    save_rule(GuardrailRule.objects.get(pk=rule.pk), must_match="The plate was cracked")
    run_jobs()
    rule.refresh_from_db()
    since = rule.in_force.since
    assert rule.state == "active"
    checking.check_rule(rule.pk, now=timezone.now())
    assert RuleInForce.objects.get(rule=rule).since == since


def test_what_was_learned_for_another_model_is_learned_anew(
    save_rule: Save, run_jobs: RunJobs
) -> None:
    rule = save_rule()
    run_jobs()
    RuleInForce.objects.filter(rule=rule).update(embedding_model="another", weights=b"\x00" * 8)
    checking.renew_rules(now=timezone.now())
    row = RuleInForce.objects.get(rule=rule)
    assert row.embedding_model.startswith("local:")
    assert len(row.weights) == 4 * 385
    assert fires(DAMAGED) == "Damaged goods"


def test_a_rule_must_look_for_something() -> None:
    rule = GuardrailRule(name="x", reason="legal", route="Legal")
    with pytest.raises(ValidationError, match="Give patterns or example sentences"):
        rule.full_clean()


def test_the_web_process_takes_a_rule_in_without_the_model() -> None:
    program = (
        "import django, sys; django.setup(); from config import urls;"
        "print(sorted({'onnxruntime', 'tokenizers', 'agent.guardrails.heads'} & set(sys.modules)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert output.strip() == "[]"
