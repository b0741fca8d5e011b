"""Settings that leave something to do."""

from typing import Any

import pytest

from config.checks import model_has_its_key


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_a_model_without_its_key_is_named_with_the_variable(settings: Any) -> None:
    settings.LLM_MODEL = "openai/gpt-4o-mini"
    settings.LLM_FALLBACK_MODELS = ["gemini/gemini-2.5-flash"]
    settings.EMBEDDING_MODEL = "text-embedding-3-small"
    first, second, third = (warning.msg for warning in model_has_its_key(None))
    assert first.startswith("openai/gpt-4o-mini needs OPENAI_API_KEY, which is not set.")
    assert "GEMINI_API_KEY or GOOGLE_API_KEY" in second
    assert "search goes by words" in third


def test_with_its_key_or_at_an_unknown_provider_nothing_is_said(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    settings.LLM_MODEL = "openai/gpt-4o-mini"
    settings.LLM_FALLBACK_MODELS = ["ollama/llama3", "offline"]
    assert model_has_its_key(None) == []
