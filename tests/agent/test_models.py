"""A configured model over HTTP: well behaved, badly behaved, and away."""

import json
import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from werkzeug import Response

from agent.models import AgentRun, Briefing, Draft
from crm.models import Conversation, Message
from tests.agent.conftest import ScriptedModel, write_article
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("help_centre")

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]

SEARCH = [("search_knowledge_base", {"query": "export a board to Excel"})]
QUESTION = "How do I get a board into Excel?"
GOOD = "Open the board, choose Board menu > Export, then choose Excel and press Export."


def test_a_model_that_works_well_answers(ask: Ask, answer: Answer, model: ScriptedModel) -> None:
    model.play(SEARCH, _sending(model, GOOD))
    ticket = ask(QUESTION)
    run = answer(ticket)
    assert (run.decision, run.model) == ("send", "openai/gpt-4o-mini")
    assert reply(ticket).text == GOOD
    assert reply(ticket).sources[0]["title"] == "How do I export a board to Excel or CSV?"
    assert (run.input_tokens, run.output_tokens) == (300, 60)  # the judgement is the third
    assert run.cost
    assert 0 < run.cost < 1


def test_a_second_opinion_may_object_to_what_the_words_support(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.judges_by_script = True
    verdict = [("verdict", {"supported": False, "unsupported": ["choose Excel"]})]
    model.play(SEARCH, _sending(model, GOOD), verdict)
    ticket = ask(QUESTION)
    run = answer(ticket)
    assert (run.decision, run.reason) == ("hand_over", "no_knowledge")
    assert "choose Excel" in run.explanation


@pytest.mark.parametrize("verdict", ["It is fine.", Response("{}", status=500)])
def test_without_a_second_opinion_the_words_decide(
    ask: Ask, answer: Answer, model: ScriptedModel, verdict: Any
) -> None:
    model.judges_by_script = True
    model.play(SEARCH, _sending(model, GOOD), verdict)
    run = answer(ask(QUESTION))
    assert (run.decision, run.model) == ("send", "openai/gpt-4o-mini")


def test_the_second_opinion_can_be_switched_off(
    ask: Ask, answer: Answer, model: ScriptedModel, settings: Any
) -> None:
    settings.LLM_JUDGE = False
    model.play(SEARCH, _sending(model, GOOD))
    assert answer(ask(QUESTION)).decision == "send"
    assert model.judged == []


def test_a_price_that_nobody_knows_is_unknown(
    ask: Ask, answer: Answer, model: ScriptedModel, settings: Any
) -> None:
    settings.LLM_MODEL = "openai/some-model-of-ours"
    model.play(SEARCH, _sending(model, GOOD))
    assert answer(ask(QUESTION)).cost is None


def test_invented_citations_are_refused(ask: Ask, answer: Answer, model: ScriptedModel) -> None:
    model.play(SEARCH, [("send_response", {"answer": GOOD, "passage_ids": [999_999]})])
    run = answer(ask(QUESTION))
    assert run.decision == "hand_over"
    assert "were not found" in model.seen


def test_an_answer_without_a_search_is_refused(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play([("send_response", {"answer": GOOD, "passage_ids": [1]})])
    run = answer(ask(QUESTION))
    assert (run.decision, run.reason) == ("hand_over", "no_knowledge")


@pytest.mark.parametrize(
    "text",
    [
        "You can export a board to PowerPoint from the dashboard with one click.",
        "Open the board and choose Board menu > Export. The file comes within 99 minutes.",
        "The file does not come by e-mail within 10 minutes.",
        "Open the board menu and choose Export. See https://evil.example/export for details.",
        "Open the board menu and choose Export, or write to helper@evil.example about it.",
        (
            "Open the board menu and choose Export. ![x](https://evil.example/a.png) "
            "<img src=https://evil.example/a.png>"
        ),
    ],
)
def test_what_the_passages_do_not_say_is_not_sent(
    ask: Ask, answer: Answer, model: ScriptedModel, text: str
) -> None:
    model.play(SEARCH, _sending(model, text))
    ticket = ask(QUESTION)
    run = answer(ticket)
    assert (run.decision, run.reason) == ("hand_over", "no_knowledge")
    assert run.draft, "what was prepared is kept for staff"
    assert not ticket.conversation.messages.filter(author="agent").exists()


def test_internal_passages_are_neither_cited_nor_quoted(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    secret = (
        "Any member of the Billing team may approve refunds up to 250 euros without asking the "
        "Billing lead first."
    )
    model.play(
        [("search_knowledge_base", {"query": "approve refunds Billing team export board"})],
        _sending(model, secret),
    )
    ticket = ask("How do refunds work in your company?")
    assert answer(ticket).decision == "hand_over"
    assert "250" not in "".join(outgoing(ticket))


@pytest.mark.parametrize(("says", "decision"), [("10", "send"), ("30", "hand_over")])
def test_case_56_another_article_may_agree_and_not_disagree_with_what_a_model_says(
    ask: Ask, answer: Answer, model: ScriptedModel, says: str, decision: str
) -> None:
    other = f"The file comes by e-mail within {says} minutes."
    write_article("exports/mail", "When does my export come?", "public", other)
    ids: list[int] = []

    def send() -> list[tuple[str, object]]:
        rows = json.loads(model.requests[-1]["messages"][-1]["content"])["passages"]
        ids.extend(row["id"] for row in rows if "10 minutes" in row["text"])
        text = "The file comes by e-mail within 10 minutes."
        return [("send_response", {"answer": text, "passage_ids": ids[:1]})]

    model.play([("search_knowledge_base", {"query": "when does the export of a board come"})], send)
    run = answer(ask("When does the export of my board come?"))
    assert run.decision == decision
    if decision == "hand_over":
        assert "How do I export a board" in run.explanation
        assert "When does my export come?" in run.explanation


def test_bad_arguments_and_unknown_tools_are_told_to_the_model(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play(
        [("delete_customer", {"id": 1})],
        [("search_knowledge_base", "this is no JSON")],
        [("get_customer_history", {"limit": 5, "customer_id": 7})],
        SEARCH,
        _sending(model, GOOD),
    )
    run = answer(ask(QUESTION))
    assert run.decision == "send"
    errors = [step.detail["error"] for step in run.steps.all() if "error" in step.detail]
    assert len(errors) == 3
    assert "There is no tool" in errors[0]
    assert "customer_id" in errors[2]


def test_the_history_is_this_customers_and_on_the_web_this_conversations(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    ask("Our secret launch is called Zebra.", email="mallory@example.com")
    ask("My own other matter, the Okapi.")
    model.play(
        [("get_customer_history", {"limit": 20})],
        [("escalate_to_human", {"reason": "account", "summary": "Needs the account."})],
    )
    run = answer(ask("What did I ask you about lately, please?"))
    assert run.reason == "account"
    assert "What did I ask you" in model.seen
    assert "Zebra" not in model.seen
    assert "Okapi" not in model.seen


def test_what_the_database_refuses_is_taken_out(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    nasty = "Needs\x00 a person"
    model.play(
        [("no\x00such", "\x00")],
        [("escalate_to_human", {"reason": "account", "summary": "\ud800"})],
        [("escalate_to_human", {"reason": "account", "summary": nasty})],
    )
    ticket = ask(QUESTION)
    assert answer(ticket).reason == "account"
    assert "Needs a person" in ticket.escalation_detail


def test_tools_without_end_are_ended(ask: Ask, answer: Answer, model: ScriptedModel) -> None:
    model.play(SEARCH)
    run = answer(ask(QUESTION))
    assert (run.decision, run.reason) == ("hand_over", "failure")
    assert run.steps.filter(kind="tool").count() == 6


def test_talk_without_a_tool_is_ended(ask: Ask, answer: Answer, model: ScriptedModel) -> None:
    model.play("I think you should restart your computer.")
    ticket = ask(QUESTION)
    assert answer(ticket).decision == "hand_over"
    assert "restart" not in "".join(outgoing(ticket))


def test_a_ticket_is_made_once(ask: Ask, answer: Answer, model: ScriptedModel) -> None:
    create = [("create_ticket", {"subject": "Another", "priority": "urgent"})]
    model.play(create, create, SEARCH, _sending(model, GOOD))
    ticket = ask(QUESTION)
    answer(ticket)
    assert Ticket.objects.count() == 1
    assert ticket.reference in model.seen


@pytest.mark.parametrize("channel", ["web", "email", "whatsapp"])
def test_the_model_is_told_the_tone_of_the_channel(
    ask: Ask, answer: Answer, model: ScriptedModel, channel: str
) -> None:
    Briefing.objects.update(
        tone_web="As on web.", tone_email="As on email.", tone_whatsapp="As on whatsapp."
    )
    model.play(SEARCH, _sending(model, GOOD))
    ticket = ask(QUESTION)
    Conversation.objects.update(channel=channel)
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=1))  # no burst
    answer(ticket)
    (told,) = re.findall(r"As on \w+\.", model.requests[0]["messages"][0]["content"])
    assert told == f"As on {channel}."


def test_personal_data_stays_here(ask: Ask, answer: Answer, model: ScriptedModel) -> None:
    private = ["alice@private.example", "+49 30 901820", "4111 1111 1111 1111"]
    model.play(SEARCH, _sending(model, GOOD))
    answer(ask(f"{QUESTION} I am {private[0]}, {private[1]}, card {private[2]}."))
    assert model.requests
    for value in private:
        assert value not in model.seen
    assert "[EMAIL_1]" in model.seen


def test_a_token_means_the_same_in_the_query_the_result_and_the_record(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play(
        [("search_knowledge_base", {"query": "export a board for [EMAIL_1]"})],
        [("get_customer_history", {"limit": 5})],
        [("escalate_to_human", {"reason": "account", "summary": "[EMAIL_1] and [EMAIL_7] ask."})],
    )
    run = answer(ask(f"{QUESTION} I am alice@private.example.", email="alice@private.example"))
    assert "alice@private.example" not in model.seen
    assert "[EMAIL_1]" in model.requests[-1]["messages"][-1]["content"], "in her history too"
    steps = {step.title: step for step in run.steps.all()}
    query = steps["search_knowledge_base"].detail["arguments"]["query"]
    assert query == "export a board for alice@private.example"
    assert "alice@private.example and [EMAIL_7] ask." in run.explanation, "no token is invented"
    told = [step.detail["seen"] for step in run.steps.filter(kind="model")]
    assert [message["role"] for message in told[0]] == ["user"]
    assert "I am [EMAIL_1]." in told[0][0]["text"]
    assert [message["role"] for message in told[1]] == ["tool"]


def test_an_answer_with_a_token_that_stands_for_nothing_is_refused(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play(SEARCH, _sending(model, f"{GOOD} Or write to [EMAIL_3]."))
    ticket = ask(QUESTION)
    assert answer(ticket).decision == "hand_over"
    assert "stands for nothing" in model.seen
    assert "EMAIL_3" not in "".join(outgoing(ticket))


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_case_55_a_model_that_fails_leaves_the_offline_one(
    ask: Ask, answer: Answer, model: ScriptedModel, status: int
) -> None:
    model.play(Response("{}", status=status))
    ticket = ask("How do I export a board to Excel?")
    run = answer(ticket)
    assert (run.decision, run.model) == ("send", "offline")
    assert str(status) in run.explanation
    assert len(model.requests) == 1, "no retries inside the library"


def test_no_log_holds_what_a_model_was_asked(
    ask: Ask, answer: Answer, model: ScriptedModel, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    model.play(Response('{"error": {"message": "zebra crossing"}}', status=400))
    answer(ask("How do I export a board to Excel, zebra crossing?"))
    output = capfd.readouterr()
    assert "zebra" not in caplog.text + output.out + output.err


def test_case_55_nonsense_leaves_the_offline_one(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play(Response('{"choices": []}', content_type="application/json"))
    assert answer(ask("How do I export a board to Excel?")).model == "offline"


def test_what_the_offline_one_cannot_answer_either_is_a_failure(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play(Response("{}", status=500))
    ticket = ask("Do you accept Bitcoin?")
    assert answer(ticket).reason == "failure"
    assert ticket.escalation_reason == "failure"


def test_case_55_a_model_that_hangs_is_left_at_the_deadline(
    ask: Ask,
    answer: Answer,
    model: ScriptedModel,
    settings: Any,
    hanging: threading.Event,
) -> None:
    settings.LLM_TIMEOUT_SECONDS = 2

    def hang() -> Response:
        hanging.wait(60)
        return Response("{}")

    model.play(hang)
    started = time.monotonic()
    run = answer(ask("How do I export a board to Excel?"))
    assert time.monotonic() - started < 30, "the model hangs for a minute"
    assert (run.decision, run.model) == ("send", "offline")


def test_the_next_model_takes_over(
    ask: Ask, answer: Answer, model: ScriptedModel, settings: Any
) -> None:
    settings.LLM_FALLBACK_MODELS = ["openai/gpt-4o"]
    model.play(Response("{}", status=500), SEARCH, _sending(model, GOOD))
    run = answer(ask(QUESTION))
    assert (run.decision, run.model) == ("send", "openai/gpt-4o")


def test_a_network_model_is_not_loaded_unless_configured(ask: Ask, answer: Answer) -> None:
    answer(ask(QUESTION))
    assert AgentRun.objects.get().model == "offline"


def test_autonomy_draft_sends_nothing_by_itself(
    ask: Ask, answer: Answer, model: ScriptedModel, settings: Any
) -> None:
    settings.AUTONOMY = "draft"
    model.play(SEARCH, _sending(model, GOOD))
    ticket = ask(QUESTION)
    assert answer(ticket).decision == "draft"
    assert not ticket.conversation.messages.filter(author="agent").exists()


GERMAN = "Guten Tag, wie kann ich ein ganzes Board als Excel-Datei exportieren? Vielen Dank!"
GERMAN_ANSWER = "Öffnen Sie das Board, wählen Sie Board menu > Export und drücken Sie Export."


def test_case_58_another_language_waits_for_approval_once_a_model_vouches_for_it(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    verdict = [("verdict", {"supported": True, "unsupported": []})]
    model.judges_by_script = True
    model.play(SEARCH, _sending(model, GERMAN_ANSWER), verdict)
    ticket = ask(GERMAN)
    run = answer(ticket)
    assert run.decision == "draft"
    assert Draft.objects.get(run=run).text == GERMAN_ANSWER


@pytest.mark.parametrize(
    "verdict",
    [
        [("verdict", {"supported": False, "unsupported": ["Excel"]})],
        [("verdict", {"supported": True, "unsupported": ["all of it"]})],
        [("verdict", {"supported": "perhaps"})],
        [("send_response", {"answer": "x", "passage_ids": [1]})],
        "It is fine.",
    ],
)
def test_case_58_without_a_clear_verdict_it_is_handed_over(
    ask: Ask, answer: Answer, model: ScriptedModel, verdict: Any
) -> None:
    model.judges_by_script = True
    model.play(SEARCH, _sending(model, GERMAN_ANSWER), verdict)
    run = answer(ask(GERMAN))
    assert (run.decision, run.reason) == ("hand_over", "no_knowledge")


def test_case_58_numbers_are_checked_in_any_language(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    verdict = [("verdict", {"supported": True})]
    model.play(SEARCH, _sending(model, "Die Datei kommt in 99 Minuten."), verdict)
    assert answer(ask(GERMAN)).decision == "hand_over"
    assert len(model.requests) == 2, "nobody is asked what is known already"


def test_case_58_the_offline_model_does_not_answer_what_it_cannot_read(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play(Response("{}", status=500))
    assert answer(ask(GERMAN)).decision == "hand_over"


def reply(ticket: Ticket) -> Message:
    return ticket.conversation.messages.get(author="agent")


def outgoing(ticket: Ticket) -> list[str]:
    return list(ticket.conversation.messages.filter(direction="out").values_list("text", flat=True))


def _sending(model: ScriptedModel, text: str) -> Callable[[], Any]:
    """A turn that sends the text and cites the best passages that the model was shown."""
    return lambda: [("send_response", {"answer": text, "passage_ids": model.passage_ids()[:2]})]
