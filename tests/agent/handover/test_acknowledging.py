"""Who writes on while people have the matter hears once that it arrived, and no more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agent.handover.acknowledging import AT_IT, JUST_TOLD, ONCE_IN, acknowledge
from agent.models import AgentRun
from channels.models import Delivery
from crm.models import Conversation, Customer, User
from tests.agent.conftest import say
from tickets.models import Ticket
from tickets.services import escalate_ticket, hand_back_ticket, reply_to_ticket, take_over_ticket

pytestmark = pytest.mark.usefixtures("help_centre")
RunJobs = Callable[[], int]
SENTENCE = "Thank you, this has reached our team as well."


@pytest.fixture
def handed_over(chat: Conversation, run_jobs: RunJobs, time_machine: Any) -> Ticket:
    """A chat that the agent handed to people at ten on a Tuesday, a minute ago."""
    time_machine.move_to("2026-11-17T10:00:00+00:00", tick=False)
    say(chat, "My board is broken")
    ticket = chat.tickets.get()
    escalate_ticket(
        ticket=ticket,
        reason=Ticket.Reason.NO_KNOWLEDGE,
        detail="Nothing fits.",
        actor="agent",
        now=timezone.now(),
        answers=chat.messages.get(),
    )
    run_jobs()
    time_machine.shift(timedelta(minutes=1))
    return ticket


def notices(chat: Conversation) -> list[str]:
    return list(chat.messages.filter(author="system").values_list("text", flat=True))[1:]


@pytest.mark.usefixtures("handed_over")
def test_a_further_message_is_acknowledged_once(
    chat: Conversation, run_jobs: RunJobs, time_machine: Any
) -> None:
    for text in ("It is the one of the sales team", "Is anybody there?"):
        newest = say(chat, text)
        run_jobs()
        run_jobs()
        time_machine.shift(timedelta(minutes=5))
    assert notices(chat) == [f"{SENTENCE} Somebody is here now."]
    assert newest.answered_at is None  # people still owe the answer
    time_machine.shift(ONCE_IN)
    say(chat, "Hello?")
    run_jobs()
    assert len(notices(chat)) == 2
    assert Delivery.objects.filter(message__author="system").count() == 3
    assert not AgentRun.objects.exists()


def test_a_job_that_runs_twice_says_it_once(chat: Conversation, handed_over: Ticket) -> None:
    say(chat, "It is the one of the sales team")
    now = timezone.now()
    assert acknowledge(chat.pk, now=now)
    assert not acknowledge(chat.pk, now=now)
    assert not acknowledge(chat.pk, now=now + ONCE_IN * 2)


def test_nothing_is_said_right_after_the_hand_over_or_to_thanks(
    chat: Conversation, handed_over: Ticket, run_jobs: RunJobs, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now() - timedelta(minutes=1) + JUST_TOLD / 2, tick=False)
    say(chat, "and it is urgent")
    run_jobs()
    time_machine.shift(timedelta(minutes=5))
    say(chat, "ok thanks!")
    run_jobs()
    assert notices(chat) == []


def test_nothing_is_said_while_a_person_is_at_it(
    chat: Conversation, handed_over: Ticket, bob: User, run_jobs: RunJobs, time_machine: Any
) -> None:
    take_over_ticket(ticket=handed_over, staff=bob, now=timezone.now())
    say(chat, "It is the one of the sales team")
    run_jobs()
    time_machine.shift(AT_IT)
    reply_to_ticket(ticket=handed_over, staff=bob, text="I look into it.", now=timezone.now())
    time_machine.shift(timedelta(minutes=5))
    say(chat, "Please hurry")
    run_jobs()
    assert notices(chat) == []
    time_machine.shift(AT_IT)
    say(chat, "Any news?")
    run_jobs()
    assert notices(chat) == [f"{SENTENCE} Somebody is here now."]


def test_nothing_is_said_once_the_agent_has_it_again(
    chat: Conversation, handed_over: Ticket, bob: User
) -> None:
    say(chat, "How do I export a board to Excel?")
    hand_back_ticket(ticket=handed_over, staff=bob, now=timezone.now())
    assert not acknowledge(chat.pk, now=timezone.now())


def test_a_mail_and_the_form_get_no_receipt(chat: Conversation, handed_over: Ticket) -> None:
    say(chat, "It is the one of the sales team")
    for channel in (Conversation.Channel.EMAIL, Conversation.Channel.WEB):
        Conversation.objects.filter(pk=chat.pk).update(channel=channel)
        assert not acknowledge(chat.pk, now=timezone.now())


@pytest.mark.usefixtures("handed_over")
def test_a_reaction_gets_no_word_and_a_placeholder_speaks_no_language(
    chat: Conversation, run_jobs: RunJobs, time_machine: Any
) -> None:
    say(chat, "[Reaction 👍]")
    run_jobs()
    assert notices(chat) == []
    time_machine.shift(timedelta(minutes=5))
    Customer.objects.update(language="de")
    say(chat, "[View-once message, which WhatsApp does not show to businesses]")
    run_jobs()
    assert notices(chat)[0].startswith("Vielen Dank")


def test_what_was_written_long_ago_is_not_acknowledged(
    chat: Conversation, handed_over: Ticket, time_machine: Any
) -> None:
    say(chat, "It is the one of the sales team")
    time_machine.shift(timedelta(hours=30))
    assert not acknowledge(chat.pk, now=timezone.now())
