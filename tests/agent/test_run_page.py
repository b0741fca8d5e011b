"""A run in the console: what was asked, told to models, called and paid, from top to bottom."""

from collections.abc import Callable

import pytest
from django.test import Client

from agent.models import AgentRun
from crm.models import User
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]


@pytest.mark.usefixtures("help_centre")
def test_a_run_shows_the_question_what_the_model_was_told_and_each_call(
    ask: Ask,
    answer: Answer,
    write_on: Callable[[Ticket, str], None],
    model: ScriptedModel,
    carol: User,
    client: Client,
) -> None:
    ticket = ask("How do I export a board? I am alice@private.example.")
    write_on(ticket, "As an Excel file, please.")
    model.play(
        [("search_knowledge_base", {"query": "export"})],
        [("escalate_to_human", {"reason": "account", "summary": "A person has to look."})],
    )
    run = answer(ticket)
    client.force_login(carol)
    page = client.get(f"/admin/agent/agentrun/{run.pk}/change/").content.decode()
    told = [
        "I am alice@private.example.",
        "As an Excel file, please.",
        "I am [EMAIL_1].",
        "How do I export a board to Excel or CSV?",
        "A person has to look.",
        "Calls of configured models",
    ]
    places = [page.index(words) for words in told]
    assert places == sorted(places), "it reads from top to bottom"
    assert "answer 1" in page, "the prompt's version"
    assert page.count("openai/gpt-4o-mini") >= 4
