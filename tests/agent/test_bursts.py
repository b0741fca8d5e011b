"""Fragments of a chat are answered together; a form and a mail at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agent.bursts import BURST_PAUSE, LONGEST_PAUSE, wait_for_rest
from agent.models import AgentRun
from crm.models import Conversation, Message
from tests.agent.conftest import say
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("help_centre")
RunJobs = Callable[[], int]


def replies(chat: Conversation) -> int:
    return chat.messages.filter(author="agent").count()


def agent_jobs() -> list[Any]:
    return list(
        ProcrastinateJob.objects.filter(status="todo", task_name__startswith="agent.").values_list(
            "task_name", "scheduled_at", "lock"
        )
    )


def test_case_39_four_fragments_get_one_reply_to_all(
    chat: Conversation, run_jobs: RunJobs, time_machine: Any
) -> None:
    began = timezone.now()
    fragments = ("hi", "i have a board", "and i need it in excel", "how do i export it?")
    for number, text in enumerate(fragments):
        time_machine.move_to(began + timedelta(seconds=number), tick=False)
        say(chat, text)
        run_jobs()
    assert replies(chat) == AgentRun.objects.count() == 0
    time_machine.move_to(began + timedelta(seconds=3) + BURST_PAUSE, tick=False)
    run_jobs()
    reply = chat.messages.get(author="agent")
    assert "Board menu > Export" in reply.text
    assert AgentRun.objects.count() == 1
    assert not chat.messages.awaiting_answer().exists()
    assert agent_jobs() == []


def test_a_pause_holds_no_lock_and_leaves_one_job(chat: Conversation, run_jobs: RunJobs) -> None:
    say(chat, "hi")
    newest = say(chat, "there")
    run_jobs()
    [(name, at, lock)] = agent_jobs()
    assert (name, lock) == ("agent.resume_conversation", None)
    assert at == newest.created_at + BURST_PAUSE


def test_who_never_stops_is_answered_after_the_longest_pause(
    chat: Conversation, run_jobs: RunJobs, time_machine: Any
) -> None:
    began = timezone.now()
    for second in range(0, 14, 2):
        time_machine.move_to(began + timedelta(seconds=second), tick=False)
        say(chat, "how do i export a board to excel?")
        run_jobs()
        assert replies(chat) == (1 if timedelta(seconds=second) >= LONGEST_PAUSE else 0)


def test_a_message_dated_ahead_does_not_wait_for_its_time(chat: Conversation) -> None:
    message = say(chat, "hi")
    Message.objects.update(created_at=timezone.now() + timedelta(days=1))
    now = timezone.now()
    ProcrastinateJob.objects.all()._raw_delete("default")
    assert wait_for_rest(chat.pk, message_id=message.pk, now=now)
    [(_name, at, _lock)] = agent_jobs()
    assert at == now + LONGEST_PAUSE


def test_a_form_is_answered_at_once(ask: Callable[..., Ticket], run_jobs: RunJobs) -> None:
    ticket = ask("How do I export a board to Excel?")
    run_jobs()
    assert replies(ticket.conversation) == 1


def test_what_waited_long_is_answered_at_once(chat: Conversation, run_jobs: RunJobs) -> None:
    message = say(chat, "how do i export a board to excel?")
    old: datetime = timezone.now() - timedelta(minutes=3)
    Message.objects.filter(pk=message.pk).update(created_at=old)
    run_jobs()
    assert replies(chat) == 1


@pytest.mark.parametrize("text", ["[Image]", "[Voice message] [Document]", "[Sticker or image]"])
def test_what_was_said_without_words_goes_to_people(
    chat: Conversation, run_jobs: RunJobs, time_machine: Any, text: str
) -> None:
    say(chat, text)
    time_machine.move_to(timezone.now() + BURST_PAUSE)
    run_jobs()
    run = AgentRun.objects.get()
    assert (run.decision, run.explanation) == ("hand_over", "The message holds files only.")
    assert not run.steps.filter(kind="model").exists()


def test_a_thumb_up_wants_no_answer(
    chat: Conversation, run_jobs: RunJobs, time_machine: Any
) -> None:
    say(chat, "[Reaction 👍]")
    time_machine.move_to(timezone.now() + BURST_PAUSE)
    run_jobs()
    assert AgentRun.objects.get().decision == "no_reply"
