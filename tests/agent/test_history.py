"""A long conversation before models: the newest in full, the older part in short."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from agent.fallback import get_chat_model
from agent.history import UNSUMMED, recall
from agent.journal import Journal
from agent.model import ChatMessage, Deadline
from agent.models import AgentRun, ConversationSummary
from crm.types import PastMessage
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket

Ask = Callable[..., Ticket]

START = datetime(2026, 1, 1, tzinfo=UTC)
FILLER = "Thanks." + " It is what it is, as they say." * 25
SUMMARY = [("summary", {"text": "She moves boards to Excel for [EMAIL_1]; filters failed."})]


def conversation(ticket: Ticket, count: int) -> list[PastMessage]:
    """So many messages of some 200 tokens each, whose key sentence has its number."""
    return [
        PastMessage(
            conversation_id=ticket.conversation_id,
            channel="web",
            author="customer" if number % 2 == 0 else "agent",
            text=f"The export of board number{number} fails with filters for a@x.example. {FILLER}",
            created_at=START + timedelta(minutes=number),
        )
        for number in range(count)
    ]


def told(past: list[PastMessage], *, keep: bool = True) -> list[ChatMessage]:
    return recall(past, model=get_chat_model(), deadline=Deadline(20), journal=Journal(), keep=keep)


def test_a_short_past_is_told_in_full(ask: Ask) -> None:
    past = conversation(ask(), 4)
    assert [message.text for message in told(past)] == [message.text for message in past]


def test_without_a_model_the_older_part_is_told_by_its_key_sentences(ask: Ask) -> None:
    past = conversation(ask(), 14)
    summary, *recent = told(past)
    assert [message.text for message in recent] == [one.text for one in past[-len(recent) :]]
    assert sum(len(message.text) for message in recent) <= 6_000
    assert summary.role == "assistant"
    assert "customer: The export of board number0 fails" in summary.text
    assert "It is what it is" not in summary.text
    assert not ConversationSummary.objects.exists()


def test_a_model_sums_up_once_and_is_asked_again_only_when_enough_has_come(
    ask: Ask, model: ScriptedModel
) -> None:
    model.play(SUMMARY)
    ticket = ask()
    first = told(conversation(ticket, 20))
    assert "She moves boards to Excel for a@x.example" in first[0].text
    assert "a@x.example" not in model.seen
    kept = ConversationSummary.objects.get(conversation=ticket.conversation)
    assert kept.model == "openai/gpt-4o-mini"
    later = told(conversation(ticket, 22))
    assert len(model.requests) == 1
    assert "She moves boards" in later[0].text
    older = 22 - (len(later) - 1)
    assert f"board number{older - 1} fails" in later[0].text, "what came since, by its sentence"
    told(conversation(ticket, 21 + UNSUMMED))
    assert len(model.requests) == 2
    assert "She moves boards" in model.requests[1]["messages"][1]["content"]


def test_a_summary_of_what_came_later_is_not_used_for_an_old_question(
    ask: Ask, model: ScriptedModel
) -> None:
    model.play(SUMMARY)
    ticket = ask()
    told(conversation(ticket, 30))
    model.play("No.")
    assert "She moves" not in told(conversation(ticket, 12), keep=False)[0].text


@pytest.mark.parametrize("turn", ["No.", [("summary", {"text": ""})], [("summary", {"x": 1})]])
def test_nonsense_leaves_the_key_sentences(ask: Ask, model: ScriptedModel, turn: Any) -> None:
    model.play(turn)
    assert "number0 fails" in told(conversation(ask(), 20))[0].text
    assert not ConversationSummary.objects.exists()


def test_a_trial_leaves_nothing_behind(ask: Ask, model: ScriptedModel) -> None:
    model.play(SUMMARY)
    told(conversation(ask(), 20), keep=False)
    assert not ConversationSummary.objects.exists()


@pytest.mark.usefixtures("help_centre")
def test_what_earlier_messages_hide_no_model_reads(
    ask: Ask,
    answer: Callable[[Ticket], AgentRun],
    write_on: Callable[[Ticket, str], None],
    model: ScriptedModel,
) -> None:
    tags = "".join(chr(0xE0000 + ord(letter)) for letter in "the okapi")
    model.play(
        [("get_customer_history", {"limit": 5})],
        [("escalate_to_human", {"reason": "account", "summary": "x"})],
    )
    ticket = ask(f"My board is blue.<span style='display:none'>the zebra</span>{tags}")
    ticket.conversation.messages.update(answered_at=timezone.now())
    write_on(ticket, "How do I export a board?")
    answer(ticket)
    assert model.seen.count("My board is blue.") >= 2, "in the prompt, and by the tool"
    assert "zebra" not in model.seen
    assert "\U000e006f" not in model.seen
