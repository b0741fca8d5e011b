"""What an answer takes of the database and of the connections to a model's provider."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agent.models import AgentRun, Rung
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("help_centre")

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]

QUESTION = "How do I export a board to Excel?"
# Of one answer by the offline model, with the settings remembered; savepoints count.
STATEMENTS = 32


def test_an_answer_takes_few_statements(ask: Ask, answer: Answer, settings: Any) -> None:
    answer(ask(QUESTION))
    settings.REMEMBERED_SECONDS = 3600
    ticket = ask(QUESTION)

    with CaptureQueriesContext(connection) as asked:
        run = answer(ticket)

    assert run.decision == "send"
    assert len(asked) <= STATEMENTS, [one["sql"][:100] for one in asked]


def test_what_staff_change_counts_once_it_is_no_longer_remembered(
    ask: Ask, answer: Answer, settings: Any
) -> None:
    answer(ask(QUESTION))
    settings.REMEMBERED_SECONDS = 3600
    Rung.objects.update_or_create(
        channel="web",
        intent="",
        defaults={"level": Rung.Level.DRAFT, "is_fixed": True, "changed_at": timezone.now()},
    )

    assert answer(ask(QUESTION)).decision == "send"
    settings.REMEMBERED_SECONDS = 0
    assert answer(ask(QUESTION)).decision == "draft"


def test_calls_with_less_and_less_time_share_a_client(
    ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    model.play([("search_knowledge_base", {"query": "export a board"})])
    answer(ask(QUESTION))
    import litellm  # after the agent has, which sets that it fetches no price list

    clients = litellm.in_memory_llm_clients_cache.cache_dict
    before = set(clients)

    answer(ask(QUESTION))

    assert len(model.requests) > 1
    assert set(clients) == before
