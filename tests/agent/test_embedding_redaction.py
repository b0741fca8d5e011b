import json
from typing import Any

import pytest
from django.utils.module_loading import import_string
from pytest_httpserver import HTTPServer

from agent.fallback import get_chat_model
from agent.model import ChatMessage, Deadline
from agent.tools import TOOLS
from tests.agent.conftest import ScriptedModel

TEXT = "Is alice@example.com invoiced to 4111 1111 1111 1111?"


@pytest.mark.parametrize(
    ("redact", "sent"),
    [(True, "Is [EMAIL_1] invoiced to [CARD_1]?"), (False, TEXT)],
)
def test_what_is_embedded_elsewhere_is_redacted_as_configured(
    redact: bool,
    sent: str,
    settings: Any,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.LLM_REDACT = redact
    monkeypatch.setenv("OPENAI_API_BASE", httpserver.url_for("/v1"))
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    httpserver.expect_request("/v1/embeddings").respond_with_json(
        {
            "object": "list",
            "model": "text-embedding-3-small",
            "data": [{"object": "embedding", "index": 0, "embedding": [1.0]}],
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }
    )
    # Imported late: the module reads the environment that the test has set.
    import_string("agent.llm.LiteLLMEmbedder")("openai/text-embedding-3-small").embed([TEXT])
    ((request, _response),) = httpserver.log
    assert json.loads(request.data)["input"] == [sent]


@pytest.mark.parametrize(("redact", "told"), [(True, "[EMAIL_1]"), (False, "alice@example.com")])
def test_what_a_model_reads_is_redacted_as_configured(
    redact: bool, told: str, settings: Any, model: ScriptedModel, db: None
) -> None:
    settings.LLM_REDACT = redact
    model.play("Understood.")
    get_chat_model().complete([ChatMessage("user", TEXT)], TOOLS, Deadline(10))
    assert model.requests[0]["messages"][0]["content"].startswith(f"Is {told} invoiced")
