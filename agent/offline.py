"""The model that needs no account: it quotes the best supported passage, or hands over.

Deterministic. It works in the same loop with the same tools as any other model; all it knows of
the world is in the messages that it is given.
"""

import json
from collections.abc import Sequence
from decimal import Decimal

from agent.model import ChatMessage, Deadline, ModelTurn, ToolCall, ToolSpec
from agent.quoting import Candidate, quote, read_candidates
from agent.wording import content_words

NAME = "offline"

# A passage has to fit the question at least so well: the mean of the cosine and of the share of
# the question's words (weighed by their rarity) that it holds. See `manage.py evaluate`.
ANSWERABLE = 0.50
# A question with fewer words that carry meaning is read together with what was asked before.
WORDS_OF_A_QUESTION = 3


class OfflineModel:
    @property
    def name(self) -> str:
        return NAME

    def complete(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], deadline: Deadline
    ) -> ModelTurn:
        question = _read_question(messages)
        results = _list_results(messages)
        if not results:
            return _call("search_knowledge_base", query=question[:2000])
        candidates = read_candidates(results)
        if not candidates or candidates[0].fit < ANSWERABLE:
            return _call("escalate_to_human", reason="no_knowledge", summary=_explain(candidates))
        return _answer(question, candidates)


def _answer(question: str, candidates: Sequence[Candidate]) -> ModelTurn:
    best = quote(question, candidates[0])
    if not best.text:
        return _call("escalate_to_human", reason="no_knowledge", summary="Nothing to quote.")
    return _call(
        "send_response",
        answer=best.text,
        passage_ids=[best.passage_id],
        confidence=round(min(1.0, max(0.0, candidates[0].fit)), 3),
    )


def _read_question(messages: Sequence[ChatMessage]) -> str:
    """What the customer wants now; a short follow-up is read with the question before it."""
    asked = [message.text for message in messages if message.role == "user"]
    question = asked[-1] if asked else ""
    if len(asked) > 1 and len(content_words(question)) < WORDS_OF_A_QUESTION:
        return f"{asked[-2]}\n{question}"
    return question


def _list_results(messages: Sequence[ChatMessage]) -> list[str]:
    """What tools returned since the customer last wrote."""
    results: list[str] = []
    for message in messages:
        if message.role == "user":
            results.clear()
        elif message.role == "tool":
            results.append(message.text)
    return results


def _explain(candidates: Sequence[Candidate]) -> str:
    if not candidates:
        return "The knowledge base holds nothing on this."
    best = candidates[0]
    return f"The nearest passage, “{best.title}”, fits only {best.fit:.2f} of {ANSWERABLE:.2f}."


def _call(name: str, **arguments: object) -> ModelTurn:
    call = ToolCall(f"offline-{name}", name, json.dumps(arguments, ensure_ascii=False))
    return ModelTurn((call,), model=NAME, cost=Decimal(0))
