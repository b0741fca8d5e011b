"""The offline model on its own: which searches it asks for, and what it makes of them."""

import json
from typing import Any

from agent.model import ChatMessage, Deadline, ModelTurn
from agent.offline import OfflineModel

BANK = "Bank transfer is possible for yearly plans of 1,000 euros or more."
PRICE = "The Team plan costs 9 euros for each member and month."
QUESTION = "What is the price of the Team plan, and can we pay by bank transfer?"


def passage(number: int, title: str, text: str, fit: float) -> dict[str, Any]:
    return {
        "id": number, "article": number, "title": title, "headings": "", "text": text,
        "audience": "public", "similarity": fit, "text_rank": fit,
    }  # fmt: skip


def play(question: str, found: dict[str, list[dict[str, Any]]]) -> ModelTurn:
    """The turn that ends the loop, when searches return what `found` has for a word of theirs."""
    talk = [ChatMessage("user", question)]
    for _turn in range(4):
        turn = OfflineModel().complete(talk, (), Deadline(5))
        if turn.tool_calls[0].name != "search_knowledge_base":
            return turn
        talk.append(ChatMessage("assistant", "", turn.tool_calls))
        for call in turn.tool_calls:
            query = json.loads(call.arguments)["query"].lower()
            rows = [row for word, rows in found.items() if word in query for row in rows]
            rows.sort(key=lambda row: -row["similarity"])
            talk.append(ChatMessage("tool", json.dumps({"passages": rows}), tool_call_id=call.id))
    raise AssertionError("It never decided.")


def test_two_questions_get_both_answers_and_both_sources() -> None:
    turn = play(
        QUESTION,
        {
            "price": [passage(1, "What is the price of a plan?", PRICE, 0.8)],
            "bank": [passage(2, "Can we pay by bank transfer?", BANK, 0.8)],
        },
    )
    call = turn.tool_calls[0]
    assert call.name == "send_response"
    arguments = json.loads(call.arguments)
    assert set(arguments["passage_ids"]) == {1, 2}
    assert PRICE in arguments["answer"]
    assert BANK in arguments["answer"]


def test_a_question_that_stays_open_is_named() -> None:
    turn = play(
        "What is the price of the Team plan, and do you train beginners on site?",
        {"price": [passage(1, "What is the price of the Team plan?", PRICE, 0.8)]},
    )
    assert turn.tool_calls[0].name == "escalate_to_human"


def test_nothing_found_is_handed_over() -> None:
    turn = play("How do I fly?", {})
    assert json.loads(turn.tool_calls[0].arguments)["reason"] == "no_knowledge"
