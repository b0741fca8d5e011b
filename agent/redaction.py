"""Personal data leaves as tokens and comes back as it was."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from agent.model import ChatMessage, ChatModel, Deadline, ModelTurn, ToolSpec
from agent.personal_data import TOKEN, find_personal_data


class Redactor:
    """One run's tokens: the same value always gets the same token, wherever it stands.

    Only tokens that were made here are restored; one that somebody wrote, or that a model made
    up, stays what it is.
    """

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self._values: dict[str, str] = {}

    def mask(self, text: str) -> str:
        masked, done = [], 0
        for found in find_personal_data(text):
            masked += [
                text[done : found.start],
                self._token(found.kind, text[found.start : found.end]),
            ]
            done = found.end
        return "".join([*masked, text[done:]])

    def mask_json(self, text: str) -> str:
        """Masks within the strings of a JSON document: its numbers are ids and scores of ours.
        What is no JSON is masked as a text."""
        try:
            document = json.loads(text)
        except ValueError:
            return self.mask(text)
        masked = json.dumps(_map_strings(document, self.mask), ensure_ascii=False)
        return masked.encode("utf-8", "replace").decode()  # half a character has no UTF-8

    def restore(self, text: str) -> str:
        return TOKEN.sub(self._value, text)

    def restore_json(self, text: str) -> str:
        """Restores inside the strings of a JSON document, so that it stays one."""
        return TOKEN.sub(
            lambda match: (
                json.dumps(self._value(match), ensure_ascii=False)[1:-1]
                if self._name(match) in self._values
                else match[0]
            ),
            text,
        )

    def _value(self, match: re.Match[str]) -> str:
        return self._values.get(self._name(match), match[0])

    def _name(self, match: re.Match[str]) -> str:
        return f"[{match[1]}_{match[2]}]"

    def _token(self, kind: str, value: str) -> str:
        if value not in self._tokens:
            count = sum(token.startswith(f"[{kind}_") for token in self._values)
            token = f"[{kind}_{count + 1}]"
            self._tokens[value], self._values[token] = token, value
        return self._tokens[value]


class RedactedModel:
    """A model that sees tokens in place of personal data; its callers see none of that, but for
    the turn's `seen`."""

    def __init__(self, model: ChatModel, redactor: Redactor) -> None:
        self._model = model
        self._redactor = redactor
        self._masked: dict[ChatMessage, ChatMessage] = {}

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
        masked = tuple(self._mask(message) for message in messages)
        turn = self._model.complete(masked, tools, deadline)
        return replace(
            turn,
            text=self._redactor.restore(turn.text),
            tool_calls=tuple(
                replace(call, arguments=self._redactor.restore_json(call.arguments))
                for call in turn.tool_calls
            ),
            seen=masked,
        )

    def _mask(self, message: ChatMessage) -> ChatMessage:
        """A talk is sent anew with every turn; what was masked once stays as it is."""
        if message.role == "system":
            return message
        if message not in self._masked:
            self._masked[message] = self._mask_new(message)
        return self._masked[message]

    def _mask_new(self, message: ChatMessage) -> ChatMessage:
        mask = self._redactor.mask_json if message.role == "tool" else self._redactor.mask
        return replace(
            message,
            text=mask(message.text),
            tool_calls=tuple(
                replace(call, arguments=self._redactor.mask_json(call.arguments))
                for call in message.tool_calls
            ),
        )


def _map_strings(value: object, change: Callable[[str], str]) -> object:
    match value:
        case str():
            return change(value)
        case list():
            return [_map_strings(item, change) for item in value]
        case dict():
            return {key: _map_strings(item, change) for key, item in value.items()}
        case _:
            return value
