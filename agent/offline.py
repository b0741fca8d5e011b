"""The model that needs no account: it quotes the article that answers, or hands over.

Deterministic. It works in the same loop with the same tools as any other model; all it knows of
the world is in the messages that it is given.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.candidates import Candidate, put_title_first, read_candidates
from agent.confidence import estimate_confidence
from agent.decision import SEND_CONFIDENCE
from agent.disagreement import Disagreement, find_contradiction
from agent.followups import Asked, read_asked
from agent.model import ChatMessage, Deadline, ModelTurn, ToolCall, ToolSpec
from agent.parts import is_subject, is_told, split_parts
from agent.quoting import Quote, quote, wants_to_act

NAME = "offline"
MAX_QUERY = 2_000
MAX_SUMMARY = 1_000
MAX_CITED = 5


class OfflineModel:
    @property
    def name(self) -> str:
        return NAME

    def complete(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], deadline: Deadline
    ) -> ModelTurn:
        del tools, deadline  # it knows the tools, and it is never late
        asked = read_asked([message.text for message in messages if message.role == "user"])
        searches = _list_searches(messages)
        if asked.own:
            return _follow_up(asked, searches)
        question = asked.question
        parts = split_parts(question)
        if not searches:
            return _search(question, *parts)
        whole = _answer(question, searches)
        if whole is None:
            return _escalate("The knowledge base holds nothing on this.")
        if question[:MAX_QUERY] in searches and _lacks_steps(whole, searches):
            return _search(whole.best.title)
        return _conclude(whole, {part: _answer(part, searches) for part in parts})


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the article that fits best says to a question."""

    question: str
    candidates: Sequence[Candidate]  # best first, never empty
    quote: Quote
    confidence: float

    @property
    def best(self) -> Candidate:
        return self.candidates[0]

    @property
    def passages(self) -> list[Candidate]:
        return [one for one in self.candidates if one.article == self.best.article]

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SEND_CONFIDENCE

    def disagreement(self) -> Disagreement | None:
        others = [one for one in self.candidates if one.article != self.best.article]
        return find_contradiction(self.quote.text, others)


def _answer(question: str, searches: Mapping[str, str]) -> _Answer | None:
    """What was found for the question itself, or for whatever was searched instead, says."""
    own = searches.get(question[:MAX_QUERY])
    candidates = read_candidates([own] if own else list(searches.values()))
    if not candidates:
        return None
    candidates = put_title_first(question, candidates)
    best = candidates[0]
    passages = [candidate for candidate in candidates if candidate.article == best.article]
    more = [one for one in _read_title_search(best, searches) if one not in passages]
    found = quote(question, [*passages, *more])
    return _Answer(question, candidates, found, estimate_confidence(question, candidates, found))


def _read_title_search(best: Candidate, searches: Mapping[str, str]) -> list[Candidate]:
    """Further passages of the best article, which fit the question less than what it found."""
    result = searches.get(best.title)
    if result is None:
        return []
    return [
        replace(one, similarity=0.0, text_rank=0.0)
        for one in read_candidates([result])
        if one.article == best.article
    ]


def _follow_up(asked: Asked, searches: Mapping[str, str]) -> ModelTurn:
    """What the article on the topic says to what was added; or, of what points nowhere, what an
    article of its own says. What no article speaks of is not answered with the topic again."""
    if not searches:
        alone = [asked.own] if asked.may_stand_alone else []
        return _search(asked.question, *alone)
    if asked.may_stand_alone:
        alone_answer = _answer(asked.own, searches)
        if alone_answer and alone_answer.is_sure:
            return _conclude(alone_answer, {})
    whole = _answer(asked.question, searches)
    if whole is None:
        return _escalate("The knowledge base holds nothing on this.")
    if whole.best.title not in searches:
        return _search(whole.best.title)
    read = _read_title_search(whole.best, searches)
    passages = [*whole.passages, *(one for one in read if one not in whole.passages)]
    for question in (asked.own, asked.question):
        found = quote(question, passages)
        sections = [one.headings for one in passages if one.id in found.passage_ids]
        if is_told(asked.own, [found.text, *sections]):
            return _conclude(replace(whole, quote=found), {})
    return _escalate(f"“{whole.best.title}” does not tell: “{asked.own}”")


def _lacks_steps(whole: _Answer, searches: Mapping[str, str]) -> bool:
    """Whether the article may have what the customer should do in a passage not seen yet."""
    return (
        whole.is_sure
        and wants_to_act(whole.question)
        and not whole.quote.acts
        and whole.best.title not in searches
    )


def _conclude(whole: _Answer, parts: Mapping[str, _Answer | None]) -> ModelTurn:
    answers, missing = _choose(whole, parts)
    if missing:
        return _escalate(f"Open: “{'” and “'.join(missing)}”")
    if not answers:
        return _escalate(
            f"The nearest article is “{whole.best.title}”, at {whole.confidence:.0%} confidence."
        )
    for answer in answers:
        found = answer.disagreement()
        if found:
            both = (*answer.quote.passage_ids, found.other.id)[-MAX_CITED:]
            return _escalate(found.describe(answer.best), disagreeing=both)
    paragraphs = [text for answer in answers for text in answer.quote.text.split("\n\n")]
    passage_ids = [pk for answer in answers for pk in answer.quote.passage_ids]
    return _call(
        "send_response",
        answer="\n\n".join(dict.fromkeys(paragraphs)),
        passage_ids=list(dict.fromkeys(passage_ids))[:MAX_CITED],
        confidence=round(min(answer.confidence for answer in answers), 3),
    )


def _choose(whole: _Answer, parts: Mapping[str, _Answer | None]) -> tuple[list[_Answer], list[str]]:
    """The answers that together tell all that was asked, or the questions that stay open.

    A sure answer to the whole message stands for every part that it tells of; the parts' own
    answers stand for the whole if all of them are sure.
    """
    sure = {part: answer for part, answer in parts.items() if answer and answer.is_sure}
    if not whole.is_sure:
        still_open = [part for part in parts if part not in sure]
        return ([], still_open) if sure and still_open else (list(sure.values()), [])
    answers = [whole]
    for part, answer in parts.items():
        if is_told(part, [one.quote.text for one in answers]):
            continue
        if part in sure:
            answers.append(sure[part])
        elif is_subject(part, [passage.everything for passage in whole.passages]):
            answers.append(replace(whole, question=part, quote=quote(part, whole.passages)))
        elif answer is None or answer.best.article != whole.best.article:
            return [], [part]
    return answers, []


def _list_searches(messages: Sequence[ChatMessage]) -> dict[str, str]:
    """What searches returned since the customer last wrote, by what was looked for."""
    results: dict[str, str] = {}
    called: list[ToolCall] = []
    for message in messages:
        if message.role == "user":
            results.clear()
            called.clear()
        elif message.role == "assistant":
            called = list(message.tool_calls)
        elif message.role == "tool":
            call = called.pop(0) if called else None
            if message.text.startswith('{"passages"'):
                results[_read_query(call, default=f"search {len(results)}")] = message.text
    return results


def _read_query(call: ToolCall | None, *, default: str) -> str:
    try:
        return str(json.loads(call.arguments)["query"]) if call else default
    except (ValueError, KeyError, TypeError):
        return default


def _search(*queries: str) -> ModelTurn:
    calls = [
        ToolCall(f"offline-search-{number}", "search_knowledge_base", _dump(query=query))
        for number, query in enumerate(dict.fromkeys(query[:MAX_QUERY] for query in queries))
    ]
    return ModelTurn(tuple(calls), model=NAME, cost=Decimal(0))


def _escalate(summary: str, *, disagreeing: Sequence[int] = ()) -> ModelTurn:
    return _call(
        "escalate_to_human",
        reason="no_knowledge",
        summary=summary[:MAX_SUMMARY],
        disagreeing_passages=list(disagreeing),
    )


def _call(name: str, **arguments: object) -> ModelTurn:
    call = ToolCall(f"offline-{name}", name, _dump(**arguments))
    return ModelTurn((call,), model=NAME, cost=Decimal(0))


def _dump(**arguments: object) -> str:
    return json.dumps(arguments, ensure_ascii=False)
