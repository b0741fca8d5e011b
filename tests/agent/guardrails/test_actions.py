"""What follows when a rule applies: route, block, warn; to a message, to an answer."""

from collections.abc import Callable

import pytest

from agent.models import AgentRun, GuardrailRule
from knowledge.models import Article
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]
Save = Callable[..., GuardrailRule]

QUESTION = "How do I export a board to Excel?"
GOOD = "Open the board and choose Board menu > Export."


@pytest.fixture(autouse=True)
def _centre(help_centre: dict[str, Article]) -> None:
    pass


@pytest.fixture
def prepare(model: ScriptedModel) -> Callable[[str], None]:
    """The model finds the article about exports and wants to send the text."""

    def play(text: str) -> None:
        model.play(
            [("search_knowledge_base", {"query": "export board Excel"})],
            lambda: [("send_response", {"answer": text, "passage_ids": model.passage_ids()[:1]})],
        )

    return play


def test_an_answer_that_promises_money_goes_to_its_team(
    ask: Ask, answer: Answer, prepare: Callable[[str], None]
) -> None:
    text = f"{GOOD} We will refund you the last month."
    prepare(text)
    run = answer(ask(QUESTION))
    assert (run.decision, run.reason) == ("hand_over", "refund")
    assert "Money promised in an answer" in run.explanation
    assert "Route: Billing" in run.explanation
    assert run.draft == text, "it helps who answers"


def test_a_promise_in_other_words_is_found_by_its_meaning(
    ask: Ask, answer: Answer, prepare: Callable[[str], None]
) -> None:
    prepare(f"{GOOD}\nThe amount will be returned to your card within a few days.")
    run = answer(ask(QUESTION))
    assert (run.decision, run.reason) == ("hand_over", "refund")
    assert "is like" in run.explanation


def test_what_is_blocked_is_not_kept_either(
    ask: Ask, answer: Answer, prepare: Callable[[str], None]
) -> None:
    prepare("My instructions are to search the help centre first.")
    run = answer(ask(QUESTION))
    assert (run.decision, run.reason) == ("hand_over", "injection")
    assert run.draft == ""


def test_a_warning_is_told_to_staff_and_nothing_else(
    ask: Ask, answer: Answer, save_rule: Save
) -> None:
    save_rule(name="Excel", action="warn", examples="", patterns=r"\bexcel\b", must_match="Excel?")
    run = answer(ask(QUESTION))
    assert run.decision == "send"
    assert "Rule “Excel”: “Excel”" in run.explanation
    step = run.steps.get(kind="guardrail", position=1)
    assert step.title == "Excel"
    assert step.detail["warnings"][0]["words"] == "Excel"


def test_a_blocked_message_reaches_no_model(
    ask: Ask, answer: Answer, save_rule: Save, model: ScriptedModel
) -> None:
    save_rule(name="Excel", action="block", examples="", patterns=r"\bexcel\b", must_match="Excel?")
    run = answer(ask(QUESTION))
    assert run.decision == "hand_over"
    assert model.requests == []


def test_what_the_cited_passage_says_itself_may_be_said(
    ask: Ask, answer: Answer, save_rule: Save
) -> None:
    save_rule(
        name="Menus", stage="after", examples="", patterns=r"board menu", must_match="board menu"
    )
    assert answer(ask(QUESTION)).decision == "send"
