"""The model that needs no account: it quotes the article that answers, or hands over.

Deterministic. It works in the same loop with the same tools as any other model; all it knows of
the world is in the messages that it is given.
"""

import json
from collections.abc import Sequence
from decimal import Decimal

from agent.candidates import read_candidates
from agent.confidence import estimate_confidence
from agent.decision import SEND_CONFIDENCE
from agent.disagreement import find_disagreement
from agent.model import ChatMessage, Deadline, ModelTurn, ToolCall, ToolSpec
from agent.quoting import quote
from agent.wording import content_words

NAME = "offline"
MAX_QUERY = 2_000
# A question with fewer words that carry meaning is read together with what was asked before.
WORDS_OF_A_QUESTION = 3


class OfflineModel:
    @property
    def name(self) -> str:
        return NAME

    def complete(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], deadline: Deadline
    ) -> ModelTurn:
        del tools, deadline  # it knows the tools, and it is never late
        question = _read_question(messages)
        results = _list_search_results(messages)
        if not results:
            return _call("search_knowledge_base", query=question[:MAX_QUERY])
        return _conclude(question, results)


def _conclude(question: str, results: Sequence[str]) -> ModelTurn:
    candidates = read_candidates(results)
    if not candidates:
        return _escalate("The knowledge base holds nothing on this.")
    best = candidates[0]
    passages = [candidate for candidate in candidates if candidate.article == best.article]
    found = quote(question, passages)
    confidence = estimate_confidence(question, passages, found)
    if confidence < SEND_CONFIDENCE:
        return _escalate(f"The nearest article is “{best.title}”, at {confidence:.0%} confidence.")
    others = [candidate for candidate in candidates if candidate.article != best.article]
    contradiction = find_disagreement(found.text, best, others)
    if contradiction:
        return _escalate(contradiction)
    return _call(
        "send_response",
        answer=found.text,
        passage_ids=list(found.passage_ids),
        confidence=round(confidence, 3),
    )


def _read_question(messages: Sequence[ChatMessage]) -> str:
    """What the customer wants now; a short follow-up is read with the question before it."""
    asked = [message.text for message in messages if message.role == "user"]
    question = asked[-1] if asked else ""
    if len(asked) > 1 and len(content_words(question)) < WORDS_OF_A_QUESTION:
        return f"{asked[-2]}\n{question}"
    return question


def _list_search_results(messages: Sequence[ChatMessage]) -> list[str]:
    """What searches returned since the customer last wrote."""
    results: list[str] = []
    for message in messages:
        if message.role == "user":
            results.clear()
        elif message.role == "tool" and message.text.startswith('{"passages"'):
            results.append(message.text)
    return results


def _escalate(summary: str) -> ModelTurn:
    return _call("escalate_to_human", reason="no_knowledge", summary=summary)


def _call(name: str, **arguments: object) -> ModelTurn:
    call = ToolCall(f"offline-{name}", name, json.dumps(arguments, ensure_ascii=False))
    return ModelTurn((call,), model=NAME, cost=Decimal(0))
