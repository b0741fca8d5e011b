import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from channels.models import InboundEvent
from channels.types import Submission
from channels.web.submission import submit_question, submit_reply
from crm.models import Conversation, Customer, Message
from tickets.models import Ticket

Ask = Callable[..., Ticket]
TOKEN = "22222222-2222-4222-8222-222222222222"
OTHER_TOKEN = "33333333-3333-4333-8333-333333333333"


def submission(**changes: Any) -> Submission:
    values = {
        "token": TOKEN,
        "name": "Alice",
        "email": "alice@example.com",
        "subject": "Export",
        "message": "How do I export?",
        "category": "how_to",
        "priority": "normal",
    }
    return Submission(**{**values, **changes})


@pytest.mark.django_db
def test_a_submission_commits_everything_and_the_job(now: datetime) -> None:
    ticket = submit_question(submission=submission(), now=now)
    message = Message.objects.get()
    event = InboundEvent.objects.get()
    job = ProcrastinateJob.objects.get()
    assert ticket.conversation == message.conversation
    assert (event.state, event.message) == ("processed", message)
    assert job.task_name == "agent.answer_conversation"
    assert job.lock == f"conversation:{message.conversation_id}"
    assert job.args["message_id"] == message.pk


@pytest.mark.django_db
def test_what_a_submission_costs(now: datetime, django_assert_num_queries: Any) -> None:
    submit_question(submission=submission(token=OTHER_TOKEN), now=now)
    with django_assert_num_queries(11):  # nine, and the test's savepoint in place of the commit
        submit_question(submission=submission(), now=now)
    with django_assert_num_queries(5):  # a duplicate
        submit_question(submission=submission(), now=now)


@pytest.mark.django_db
def test_a_conversation_begins_with_the_moment_of_its_question(now: datetime) -> None:
    ticket = submit_question(submission=submission(), now=now)
    assert Conversation.objects.get(pk=ticket.conversation_id).last_message_at == now


@pytest.mark.django_db
def test_nothing_is_kept_of_a_submission_that_fails(now: datetime) -> None:
    with pytest.raises(ValidationError):
        submit_question(submission=submission(email="nonsense"), now=now)
    for model in (InboundEvent, Customer, Conversation, Message, Ticket, ProcrastinateJob):
        assert not model.objects.exists(), model


@pytest.mark.django_db
def test_the_same_token_is_the_same_ticket(now: datetime) -> None:
    first = submit_question(submission=submission(), now=now)
    second = submit_question(submission=submission(message="Edited"), now=now)
    assert first == second
    assert ProcrastinateJob.objects.count() == 1


@pytest.mark.django_db
def test_a_repeated_reply_is_one_message(ask: Ask, now: datetime) -> None:
    ticket = ask()
    messages = [
        submit_reply(ticket=ticket, text="Hello?", files=(), token=TOKEN, now=now) for _ in range(2)
    ]
    assert messages[0] == messages[1]
    assert ticket.conversation.messages.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_are_one_ticket(now: datetime) -> None:
    barrier = threading.Barrier(4)
    tickets: list[Ticket] = []

    def click() -> None:
        try:
            barrier.wait()
            tickets.append(submit_question(submission=submission(), now=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({ticket.pk for ticket in tickets}) == 1
    assert Message.objects.count() == 1
    assert ProcrastinateJob.objects.count() == 1
