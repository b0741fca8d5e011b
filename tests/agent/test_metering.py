"""What a configured model costs, when it is left alone, and that staff hear of it once."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from werkzeug import Response

from agent import budgets
from agent.models import AgentRun, ModelBudget, ModelCall
from crm import breakers
from crm.models import Breaker, StaffAlert, User
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("help_centre")

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]

EXPORT = "How do I export a board to Excel?"
SEARCH = [("search_knowledge_base", {"query": "export a board to Excel"})]
ESCALATE = [("escalate_to_human", {"reason": "account", "summary": "A person has to look."})]


def test_each_call_is_a_row_with_its_cost(ask: Ask, answer: Answer, model: ScriptedModel) -> None:
    model.play(SEARCH, ESCALATE)
    run = answer(ask(EXPORT))
    first, second = run.calls.all()
    assert (first.model, first.input_tokens, first.output_tokens) == (run.model, 100, 20)
    assert first.cost == second.cost
    assert first.cost is not None
    assert first.cost + first.cost == run.cost
    assert first.milliseconds > 0


def test_a_call_of_unknown_price_says_so_and_counts_by_its_tokens(
    ask: Ask, answer: Answer, model: ScriptedModel, settings: Any
) -> None:
    settings.LLM_MODEL = "openai/some-model-of-ours"
    model.play(SEARCH, ESCALATE)
    run = answer(ask(EXPORT))
    assert set(run.calls.values_list("cost", flat=True)) == {None}
    spent = budgets.measure_spent(run.conversation, now=timezone.now())
    assert spent["day"] == budgets.Spent(usd=Decimal(0), tokens=240, unpriced=2)


def test_a_failed_call_is_kept_with_its_reason(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play(Response("{}", status=503))
    run = answer(ask(EXPORT))
    call = run.calls.get()
    assert "503" in call.failure
    assert (call.input_tokens, call.cost) == (0, None)
    assert (run.decision, run.model) == ("send", "offline")


@pytest.mark.parametrize("scope", ["conversation", "customer", "day"])
@pytest.mark.parametrize("limits", [{"tokens": 150, "usd": None}, {"tokens": None, "usd": 0}])
def test_a_used_up_budget_leaves_the_offline_model_and_tells_staff_once(
    ask: Ask, answer: Answer, model: ScriptedModel, scope: str, limits: dict[str, Any]
) -> None:
    ModelBudget.objects.all().delete()
    ModelBudget.objects.create(scope=scope, **limits)
    model.play(SEARCH)
    run = answer(ask(EXPORT))
    assert (run.decision, run.model) == ("send", "offline")
    assert "the budget is used up" in run.explanation
    made = len(model.requests)
    assert made == (2 if limits["tokens"] else 0), "the call that goes beyond it is the last"
    answer(ask("How do I set up two-factor authentication?"))
    alert = StaffAlert.objects.get(key=f"model-budget:{scope}")
    assert alert.cleared_at is None
    if scope != "conversation":
        assert len(model.requests) == made


def test_one_customers_budget_is_not_anothers(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    ModelBudget.objects.all().delete()
    ModelBudget.objects.create(scope="customer", tokens=100)
    model.play(SEARCH, ESCALATE)
    answer(ask(EXPORT))
    model.requests.clear()
    model.play(ESCALATE)
    assert answer(ask(EXPORT, email="mallory@example.com")).model == "openai/gpt-4o-mini"


def test_a_new_day_has_a_new_budget_and_its_alert_is_cleared(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    ModelBudget.objects.all().delete()
    ModelBudget.objects.create(scope="day", tokens=100)
    model.play(SEARCH, ESCALATE)
    run = answer(ask(EXPORT))
    assert "the budget is used up" in run.explanation
    tomorrow = timezone.now() + timedelta(days=1)
    assert budgets.find_exhausted(run.conversation, now=timezone.now()) == "day"
    assert budgets.find_exhausted(run.conversation, now=tomorrow) == ""
    budgets.clear_past_alerts(now=tomorrow)
    assert StaffAlert.objects.get(key="model-budget:day").cleared_at is not None


def test_a_model_that_fails_is_left_alone_until_it_answers(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play(Response("{}", status=500))
    for _number in range(breakers.FAILURES + 2):
        assert answer(ask(EXPORT)).decision == "send"
    assert len(model.requests) == breakers.FAILURES
    key = "breaker:model:openai/gpt-4o-mini"
    assert StaffAlert.objects.get(key=key).cleared_at is None
    Breaker.objects.update(open_until=timezone.now())
    model.play(*[Response("{}", status=500)] * breakers.FAILURES, ESCALATE)
    assert answer(ask(EXPORT)).reason == "account"
    assert StaffAlert.objects.get(key=key).cleared_at is not None
    assert Breaker.objects.get().open_until is None


def test_a_refused_question_closes_the_model_to_nobody(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play(Response("{}", status=400))
    for _number in range(breakers.FAILURES + 1):
        answer(ask(EXPORT))
    assert len(model.requests) == breakers.FAILURES + 1
    assert not StaffAlert.objects.exists()


def test_an_answer_that_was_cut_off_is_paid_for_and_not_sent(
    ask: Ask, answer: Answer, model: ScriptedModel, settings: Any
) -> None:
    settings.LLM_MAX_TOKENS = 300
    half = {"answer": "Open the board, choose Board menu > Export, then", "passage_ids": [1]}
    call = {"name": "send_response", "arguments": json.dumps(half)}
    message = {"tool_calls": [{"id": "c", "type": "function", "function": call}]}
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "finish_reason": "length", "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 300, "total_tokens": 400},
    }
    model.play(Response(json.dumps(body), content_type="application/json"))
    run = answer(ask(EXPORT))
    assert model.requests[0]["max_tokens"] == 300
    assert (run.decision, run.model) == ("send", "offline")
    assert "cut off" in run.explanation
    call_made = run.calls.get()
    assert (call_made.output_tokens, "cut off" in call_made.failure) == (300, True)
    assert not StaffAlert.objects.exists(), "one customer's long answer closes it to nobody"


@pytest.mark.parametrize("has_key", [True, False])
def test_a_key_that_is_wrong_or_missing_is_told_at_once_and_the_offline_model_answers(
    ask: Ask,
    answer: Answer,
    model: ScriptedModel,
    monkeypatch: pytest.MonkeyPatch,
    has_key: bool,
) -> None:
    if not has_key:
        monkeypatch.delenv("OPENAI_API_KEY")
    model.play(Response("{}", status=401))
    run = answer(ask(EXPORT))
    assert (run.decision, run.model) == ("send", "offline")
    told = StaffAlert.objects.get().detail
    assert ("AuthenticationError (401)" if has_key else "OPENAI_API_KEY is not set.") in told


def test_a_supervisor_sees_what_was_used_and_sets_the_bounds(
    ask: Ask, answer: Answer, model: ScriptedModel, carol: User, client: Client
) -> None:
    model.play(ESCALATE)
    answer(ask(EXPORT))
    client.force_login(carol)
    assert "120 tokens" in client.get("/admin/agent/modelbudget/").content.decode()
    budget = ModelBudget.objects.get(scope="day")
    client.post(f"/admin/agent/modelbudget/{budget.pk}/change/", {"usd": "3.50", "tokens": ""})
    budget.refresh_from_db()
    assert (budget.usd, budget.tokens) == (Decimal("3.50"), None)


def test_one_customers_time_outs_count_once_and_everybodys_each(
    ask: Ask,
    answer: Answer,
    model: ScriptedModel,
    settings: Any,
    hanging: threading.Event,
) -> None:
    """Who asks for more than a model can say in the time does not close it to the others."""
    settings.LLM_TIMEOUT_SECONDS = 0.5

    def hang() -> Response:
        hanging.wait(60)
        return Response("{}")

    model.play(hang)
    for _number in range(2):
        answer(ask(EXPORT, email="mallory@example.com"))
    assert Breaker.objects.get().failures == 1
    assert ModelCall.objects.exclude(failure="").count() == 2
    answer(ask(EXPORT, email="alice@example.com"))
    assert Breaker.objects.get().failures == 2
    ModelCall.objects.update(created_at=timezone.now() - breakers.LONGEST_PAUSE)
    answer(ask(EXPORT, email="mallory@example.com"))
    assert Breaker.objects.get().failures == 3


def test_a_day_adds_up_what_its_calls_took(ask: Ask, answer: Answer, model: ScriptedModel) -> None:
    """Without reading them again: the sum stays when they go."""
    model.play(SEARCH, ESCALATE)
    run = answer(ask(EXPORT))
    model.play(Response("{}", status=503))
    answer(ask(EXPORT))
    spent = budgets.measure_today(now=timezone.now())
    assert (spent.tokens, spent.unpriced, spent.usd) == (240, 0, run.cost)
    ModelCall.objects.all().delete()
    assert budgets.measure_today(now=timezone.now()) == spent
