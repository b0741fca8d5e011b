"""Personal data leaves as tokens and comes back as it was.

What is replaced: e-mail addresses, phone numbers, payment cards (with their check digit) and
IBANs. Names are not: no rule finds them.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import phonenumbers
from stdnum import iban, luhn

from agent.model import ChatMessage, ChatModel, Deadline, ModelTurn, ToolSpec

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_TOKEN = re.compile(r"\[(?:EMAIL|IBAN|CARD|PHONE)_\d+\]")
_REGIONS = (None, "DE", "US", "GB")


class Redactor:
    """One run's tokens: the same value always gets the same token."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self._values: dict[str, str] = {}

    def mask(self, text: str) -> str:
        text = _EMAIL.sub(self._swap("EMAIL"), text)
        text = _IBAN.sub(self._mask_iban, text)
        text = _CARD.sub(self._swap("CARD", _is_card), text)
        return self._mask_phones(text)

    def restore(self, text: str) -> str:
        return _TOKEN.sub(lambda match: self._values.get(match[0], match[0]), text)

    def restore_json(self, text: str) -> str:
        """Restores inside the strings of a JSON document, so that it stays one."""
        return _TOKEN.sub(
            lambda match: json.dumps(self._values.get(match[0], match[0]), ensure_ascii=False)[
                1:-1
            ],
            text,
        )

    def _swap(
        self, kind: str, is_valid: Callable[[str], bool] = bool
    ) -> Callable[[re.Match[str]], str]:
        return lambda match: self._token(kind, match[0]) if is_valid(match[0]) else match[0]

    def _token(self, kind: str, value: str) -> str:
        if value not in self._tokens:
            count = sum(token.startswith(f"[{kind}_") for token in self._values)
            token = f"[{kind}_{count + 1}]"
            self._tokens[value], self._values[token] = token, value
        return self._tokens[value]

    def _mask_iban(self, match: re.Match[str]) -> str:
        """The match with the IBAN that it begins with as a token; words may follow it."""
        groups = re.split(r"([ -])", match[0])
        for end in range(len(groups), 0, -2):
            value = "".join(groups[:end])
            if iban.is_valid(value):
                return self._token("IBAN", value) + match[0][len(value) :]
        return match[0]

    def _mask_phones(self, text: str) -> str:
        found = {
            (match.start, match.end)
            for region in _REGIONS
            for match in phonenumbers.PhoneNumberMatcher(text, region)
        }
        for start, end in sorted(found, reverse=True):
            if any(s <= start and end <= e and (s, e) != (start, end) for s, e in found):
                continue  # part of a longer one
            text = text[:start] + self._token("PHONE", text[start:end]) + text[end:]
        return text


class RedactedModel:
    """A model that sees tokens in place of personal data; its callers see none of that."""

    def __init__(self, model: ChatModel, redactor: Redactor) -> None:
        self._model = model
        self._redactor = redactor

    @classmethod
    def wrap_all(cls, models: Sequence[ChatModel]) -> list[ChatModel]:
        """All behind one redactor, so that a fallback understands its predecessor's tokens."""
        redactor = Redactor()
        return [cls(model, redactor) for model in models]

    @property
    def name(self) -> str:
        return self._model.name

    def complete(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], deadline: Deadline
    ) -> ModelTurn:
        turn = self._model.complete([self._mask(m) for m in messages], tools, deadline)
        return replace(
            turn,
            text=self._redactor.restore(turn.text),
            tool_calls=tuple(
                replace(call, arguments=self._redactor.restore_json(call.arguments))
                for call in turn.tool_calls
            ),
        )

    def _mask(self, message: ChatMessage) -> ChatMessage:
        if message.role == "system":
            return message
        return replace(
            message,
            text=self._redactor.mask(message.text),
            tool_calls=tuple(
                replace(call, arguments=self._redactor.mask(call.arguments))
                for call in message.tool_calls
            ),
        )


def _is_card(digits: str) -> bool:
    plain = re.sub(r"[ -]", "", digits)
    return bool(luhn.is_valid(plain)) and len(set(plain)) > 1
