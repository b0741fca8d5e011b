"""An old question asked again: today's answer, and no trace of it anywhere."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agent.journal import Journal
from agent.models import AgentRun, AgentStep
from agent.questions import list_seen_messages
from agent.replay import list_differences, replay
from crm.models import Message
from knowledge.indexing import index_article
from knowledge.models import Article
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket, TicketEvent

pytestmark = pytest.mark.usefixtures("help_centre")

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]
WriteOn = Callable[[Ticket, str], None]

EXPORT = "How do I export a board to Excel?"


def test_nothing_differs_while_nothing_changed(ask: Ask, answer: Answer) -> None:
    run = answer(ask(EXPORT))
    assert list_differences(run, replay(run)) == []


def test_todays_knowledge_answers_and_nothing_is_recorded(
    ask: Ask, answer: Answer, help_centre: dict[str, Article]
) -> None:
    run = answer(ask(EXPORT))
    article = help_centre["exports/export-board"]
    article.body = article.body.replace("Board menu > Export", "Share > Export a copy")
    article.save()
    index_article(article.pk)
    before = count_rows()
    considered = replay(run)
    assert "Share > Export a copy" in considered.decision.text
    assert [one.name for one in list_differences(run, considered)] == ["text"]
    assert count_rows() == before


def test_what_came_after_the_run_is_hidden(
    ask: Ask, answer: Answer, write_on: WriteOn, model: ScriptedModel
) -> None:
    model.play([("escalate_to_human", {"reason": "account", "summary": "A first look."})])
    ticket = ask("The first question is about a zebra.")
    run = answer(ticket)
    write_on(ticket, "A later word about an okapi.")
    model.play([("get_customer_history", {"limit": 20})])
    replay(run)
    assert "zebra" in model.seen
    assert "okapi" not in model.seen


def test_all_that_waited_together_is_asked_together(
    ask: Ask, answer: Answer, write_on: WriteOn
) -> None:
    ticket = ask(EXPORT)
    write_on(ticket, "And as CSV?")
    run = answer(ticket)
    assert [message.text for message in list_seen_messages(run)] == [EXPORT, "And as CSV?"]
    write_on(ticket, "Thanks!")
    second = answer(ticket)
    assert [message.text for message in list_seen_messages(second)] == ["Thanks!"]


def test_no_ticket_is_opened_by_a_replay(ask: Ask, answer: Answer, model: ScriptedModel) -> None:
    model.play([("escalate_to_human", {"reason": "account", "summary": "A person."})])
    run = answer(ask(EXPORT))
    model.requests.clear()
    model.play(
        [("create_ticket", {"subject": "Another", "priority": "urgent"})],
        [("escalate_to_human", {"reason": "account", "summary": "A person."})],
    )
    before = count_rows()
    journal = Journal()
    replay(run, journal=journal)
    assert count_rows() == before
    assert [note.title for note in journal.notes if note.kind == AgentStep.Kind.TOOL] == [
        "create_ticket",
        "escalate_to_human",
    ]


def test_the_command_shows_the_difference(
    ask: Ask, answer: Answer, help_centre: dict[str, Article]
) -> None:
    run = answer(ask(EXPORT))
    assert "Nothing differs." in replay_run(run)
    help_centre["exports/export-board"].delete()
    shown = replay_run(run, "--steps")
    assert "- send\n  + hand_over" in shown
    assert "search_knowledge_base" in shown
    with pytest.raises(CommandError, match="There is no run 999999"):
        call_command("replay_run", "999999")


def replay_run(run: AgentRun, *options: str) -> str:
    output = StringIO()
    call_command("replay_run", str(run.pk), *options, stdout=output)
    return output.getvalue()


def count_rows() -> list[int]:
    return [kind.objects.count() for kind in (AgentRun, AgentStep, Message, Ticket, TicketEvent)]
