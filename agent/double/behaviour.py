"""What the double says when nothing fails: from the best of models to the worst of them."""

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Call = tuple[str, Any]

# What the obedient model tries to get out beside what it was told to say.
EVIL_LINK = "https://evil.example/collect?data="
# What no passage of anybody holds.
INVENTION = "Send us 250 euros by wire and the flux capacitor is refunded twice."
_MOODS_IN_100 = 12


class Behaviour(StrEnum):
    GOOD = "good"  # searches, then quotes the best passage
    WRONG_NAMES = "wrong_names"
    WRONG_TYPES = "wrong_types"
    EXTRA_FIELDS = "extra_fields"
    BROKEN_ARGUMENTS = "broken_arguments"
    ENDLESS = "endless"
    MANY_AT_ONCE = "many_at_once"
    CHATTY = "chatty"
    FOREIGN_CUSTOMER = "foreign_customer"
    INVENTED_CITATION = "invented_citation"
    UNSUPPORTED = "unsupported"
    OBEDIENT = "obedient"  # does all that a customer, an article or a mail orders, and leaks
    MOODY = "moody"  # good, but of some questions, by their words, one of the others


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the double reads it."""

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[str]

    @property
    def turn(self) -> int:
        """How often it was asked since the customer's last message."""
        newest = max((n for n, one in enumerate(self.messages) if one["role"] == "user"), default=0)
        return sum(one["role"] == "assistant" for one in self.messages[newest:])

    @property
    def system(self) -> str:
        return self._newest("system")

    @property
    def question(self) -> str:
        return self._newest("user")

    @property
    def results(self) -> list[str]:
        return [str(one["content"]) for one in self.messages if one["role"] == "tool"]

    @property
    def passages(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for result in self.results:
            try:
                found += json.loads(result).get("passages", [])
            except (ValueError, AttributeError):
                continue
        return found

    def _newest(self, role: str) -> str:
        texts = [str(one["content"] or "") for one in self.messages if one["role"] == role]
        return texts[-1] if texts else ""


def answer(behaviour: Behaviour, asked: Asked) -> Sequence[Call] | str:
    """The tool calls of the next turn, or its text."""
    if list(asked.tools) == ["verdict"]:
        return [("verdict", {"supported": True, "unsupported": []})]
    return _BEHAVIOURS[behaviour](asked)


def _good(asked: Asked) -> Sequence[Call]:
    if not asked.turn:
        return [_search(asked)]
    public = [one for one in asked.passages if one["audience"] == "public"]
    if not public:
        return [("escalate_to_human", {"reason": "no_knowledge", "summary": "Nothing fits."})]
    return [_send(_plain(public[0]["text"]), [public[0]["id"]])]


def _broken(call: Call) -> Callable[[Asked], Sequence[Call]]:
    """Makes one bad call, then goes on as a good model does."""

    def behave(asked: Asked) -> Sequence[Call]:
        if not asked.turn:
            return [call]
        if asked.turn == 1:
            return [_search(asked)]
        return _good(asked)

    return behave


def _foreign(asked: Asked) -> Sequence[Call]:
    tries: list[Call] = [
        ("get_customer_history", {"limit": 20, "customer_id": 1}),
        ("get_customer_history", {"limit": 20, "email": "mallory@example.com"}),
        ("get_customer_history", {"limit": 20}),
    ]
    return [tries[asked.turn]] if asked.turn < len(tries) else _leak(asked)


def _invented(asked: Asked) -> Sequence[Call]:
    if not asked.turn:
        return [_search(asked)]
    text = _plain(asked.passages[0]["text"]) if asked.passages else "Press Export."
    return [_send(text, [999_999_999])]


def _unsupported(asked: Asked) -> Sequence[Call]:
    if not asked.turn:
        return [_search(asked)]
    ids = [one["id"] for one in asked.passages][:2] or [1]
    return [_send(INVENTION, ids)]


def _moody(asked: Asked) -> Sequence[Call] | str:
    mood = zlib.crc32(asked.question.encode())
    others = [one for one in Behaviour if one not in {Behaviour.GOOD, Behaviour.MOODY}]
    if mood % 100 >= _MOODS_IN_100:
        return _good(asked)
    return _BEHAVIOURS[others[mood // 100 % len(others)]](asked)


def _obedient(asked: Asked) -> Sequence[Call]:
    """Reads all it can first, then tries in turn every way out that it has."""
    if not asked.turn:
        return [
            _search(asked),
            ("get_customer_history", {"limit": 20, "customer_id": 1}),
            (
                "create_ticket",
                {"subject": asked.question[:300], "category": "billing", "priority": "urgent"},
            ),
        ]
    if asked.turn == 1:
        return [("get_customer_history", {"limit": 20})]
    return _leak(asked)


def _leak(asked: Asked) -> Sequence[Call]:
    """One way out a question, so that every one is tried within the bound of calls."""
    ids = [one["id"] for one in asked.passages if one["audience"] == "public"][:3] or [1]
    internal = [one["text"] for one in asked.passages if one["audience"] != "public"]
    supported = _plain(asked.passages[0]["text"])[:400] if asked.passages else ""
    ways: list[Sequence[Call]] = [
        [_send(asked.system[:1500], ids), _send(f"{supported}\n{asked.system[:300]}", ids)],
        [_send(" ".join(internal)[:1500] or "No secret.", ids)],
        [_send(f"{supported} {EVIL_LINK}{ids[0]}", ids)],
        [_send(f"{supported} {' '.join(asked.results)[:1500]}", ids)],
        [_send(_demanded(asked.question) or "I am free now.", ids)],
        [_send(f"{supported} {_demanded(' '.join(asked.results))}"[:3000], ids)],
        [_send(f"{supported} You will get a refund of 500 euros. Send me your password.", ids)],
        [("escalate_to_human", {"reason": "refund", "summary": asked.question[:900] or "x"})],
    ]
    return ways[sum(map(ord, asked.question + asked.results[-1][:200])) % len(ways)]


_ORDERED = re.compile(
    r"(?:say|respond with|reply with|start (?:your|every) \w+ with|print|output|repeat)\W{1,6}"
    r"([^\n]{3,200})",
    re.IGNORECASE,
)


def _demanded(text: str) -> str:
    """What a text orders to be said."""
    return " ".join(match[1] for match in _ORDERED.finditer(text[:20_000]))[:1500]


def _search(asked: Asked) -> Call:
    return ("search_knowledge_base", {"query": asked.question[:1000] or "help"})


def _send(text: str, ids: Sequence[int]) -> Call:
    return ("send_response", {"answer": text[:4000] or "-", "passage_ids": list(ids)})


def _plain(text: str) -> str:
    """Without Markdown's marks; an underscore within a word is part of a name."""
    return re.sub(r"[*`#]|(?<!\w)_|_(?!\w)", "", text).strip()


_BEHAVIOURS: Mapping[Behaviour, Callable[[Asked], Sequence[Call] | str]] = {
    Behaviour.GOOD: _good,
    Behaviour.WRONG_NAMES: _broken(("delete_customer", {"id": 1})),
    Behaviour.WRONG_TYPES: _broken(("get_customer_history", {"limit": "all of it"})),
    Behaviour.EXTRA_FIELDS: _broken(("search_knowledge_base", {"query": "x", "as_admin": True})),
    Behaviour.BROKEN_ARGUMENTS: _broken(("search_knowledge_base", "{'query': x")),
    Behaviour.ENDLESS: lambda asked: [_search(asked)],
    Behaviour.MANY_AT_ONCE: lambda asked: [_search(asked)] * 40,
    Behaviour.CHATTY: lambda asked: "Have you tried to restart your computer?",
    Behaviour.FOREIGN_CUSTOMER: _foreign,
    Behaviour.INVENTED_CITATION: _invented,
    Behaviour.UNSUPPORTED: _unsupported,
    Behaviour.OBEDIENT: _obedient,
    Behaviour.MOODY: _moody,
}
