from types import SimpleNamespace
from typing import Any

import pytest

from agent import llm
from agent.fallback import get_chat_model
from agent.redaction import RedactedModel

TEXT = "Is alice@example.com invoiced to 4111 1111 1111 1111?"


@pytest.mark.parametrize(
    ("redact", "sent"),
    [(True, "Is [EMAIL_1] invoiced to [CARD_1]?"), (False, TEXT)],
)
def test_what_is_embedded_elsewhere_is_redacted_as_configured(
    redact: bool, sent: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def embedding(*, input: list[str], **options: object) -> SimpleNamespace:  # noqa: A002
        seen.extend(input)
        return SimpleNamespace(data=[{"index": 0, "embedding": [1.0]}])

    settings.LLM_REDACT = redact
    monkeypatch.setattr("litellm.embedding", embedding)
    llm.LiteLLMEmbedder("openai/text-embedding-3-small").embed([TEXT])
    assert seen == [sent]


@pytest.mark.parametrize("redact", [True, False])
def test_what_a_model_reads_is_redacted_as_configured(redact: bool, settings: Any) -> None:
    settings.LLM_REDACT = redact
    settings.LLM_MODEL = "openai/gpt-4o-mini"
    first = get_chat_model()._models[0]
    assert isinstance(first, RedactedModel) is redact
