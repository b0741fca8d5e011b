"""A process may end at any point on the way of a message, and its job or its caller comes again.

Every point has a test: those up to the reply are here, in the order of the way. Those around a
send are with the provider that they depend on: the intent, the call and its response in
`channels/gmail/test_crashes.py` and `channels/whatsapp/test_delivery.py`. A job whose end was not
written is in `config/test_worker.py`; jobs of dead workers are in `config/test_rescue.py`.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from agent import answering, runs
from agent.models import AgentRun
from channels import arrivals, inbound, intake
from channels.models import Delivery, InboundEvent
from channels.web import api, submission
from crm.models import Message
from tests.agent.conftest import ARTICLES, write_article
from tests.kills import Killed, die_in
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

QUESTION = {
    "name": "Alice Ahmed",
    "email": "alice@example.com",
    "subject": "Exports",
    "category": "how_to",
    "message": "How do I export a board to Excel?",
}
Submit = Callable[[], Any]


@pytest.fixture
def submit(client: Client, settings: Any) -> Submit:
    """The form by a program that sends the same key again when it heard nothing."""
    settings.FORM_RATE_LIMIT = None

    def send() -> Any:
        return client.post(
            "/api/v1/support/form",
            json.dumps(QUESTION),
            content_type="application/json",
            headers={"Idempotency-Key": "one"},
        )

    return send


@pytest.fixture
def waiting(ask: Callable[..., Ticket]) -> Message:
    """A question that the knowledge answers and that waits for the agent."""
    write_article("exports/export-board", *ARTICLES["exports/export-board"])
    return ask(QUESTION["message"]).conversation.messages.get()


def _answer(message: Message) -> None:
    from agent.tasks import answer_conversation  # at the top it would load the models' module

    answer_conversation(conversation_id=message.conversation_id, message_id=message.pk)


def _kept() -> tuple[int, int, int]:
    jobs = ProcrastinateJob.objects.filter(task_name="agent.answer_conversation")
    return InboundEvent.objects.count(), Message.objects.count(), jobs.count()


def test_before_the_inbox_commit_nothing_is_kept_and_the_caller_comes_again(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_in(monkeypatch, submission, "open_ticket", after=True)
    with pytest.raises(Killed):
        submit()
    assert _kept() == (0, 0, 0)
    assert submit().status_code == 201
    assert _kept() == (1, 1, 1)


def test_after_the_inbox_commit_the_caller_gets_the_same_ticket(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_in(monkeypatch, api, "submit_question", after=True)
    with pytest.raises(Killed):
        submit()
    assert _kept() == (1, 1, 1)
    assert submit().json()["ticket_id"] == Ticket.objects.get().reference
    assert _kept() == (1, 1, 1)


@pytest.mark.parametrize("after", [False, True])
def test_around_the_commit_of_a_webhook_the_same_message_comes_again_and_is_kept_once(
    monkeypatch: pytest.MonkeyPatch, now: Any, after: bool
) -> None:
    die_in(monkeypatch, intake, "accept_event", after=after)
    details: dict[str, Any] = {
        "channel": "whatsapp",
        "external_id": "whatsapp:SM1",
        "payload": {"Body": "Hello"},
        "sender": "whatsapp:+14155550100",
        "now": now,
    }
    with pytest.raises(Killed):
        intake.accept_event(**details)
    assert InboundEvent.objects.count() == ProcrastinateJob.objects.count() == after
    assert intake.accept_event(**details) is not after
    assert InboundEvent.objects.count() == ProcrastinateJob.objects.count() == 1


@pytest.mark.parametrize("after", [False, True])
def test_around_the_reading_of_an_event_it_is_read_once(
    monkeypatch: pytest.MonkeyPatch, now: Any, after: bool
) -> None:
    intake.accept_event(
        channel="whatsapp",
        external_id="whatsapp:SM1",
        payload={
            "parameters": [
                ["MessageSid", f"SM{'1' * 32}"],
                ["From", "whatsapp:+14155550100"],
                ["To", "whatsapp:+14155238886"],
                ["Body", "How do I export a board?"],
                ["NumMedia", "0"],
            ]
        },
        sender="whatsapp:+14155550100",
        now=now,
    )
    event = InboundEvent.objects.get()
    die_in(monkeypatch, arrivals, "record_arrival", after=after)
    with pytest.raises(Killed):
        inbound.process_event(event.pk, now=now)
    assert Message.objects.count() == 0
    for _run in range(2):  # the second is that of a job whose end got lost
        inbound.process_event(event.pk, now=now)
    assert Message.objects.count() == 1


@pytest.mark.parametrize("after", [False, True])
def test_around_the_model_call_one_answer_is_given(
    waiting: Message, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    die_in(monkeypatch, answering, "consider", after=after)
    with pytest.raises(Killed):
        _answer(waiting)
    assert AgentRun.objects.get().state == AgentRun.State.RUNNING
    _answer(waiting)
    assert Message.objects.filter(author="agent").count() == 1
    assert list(AgentRun.objects.order_by("id").values_list("state", flat=True)) == [
        AgentRun.State.FAILED,
        AgentRun.State.DONE,
    ]


@pytest.mark.parametrize("after", [False, True])
def test_around_the_commit_of_the_reply_and_its_delivery_there_is_one_of_each(
    waiting: Message, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    die_in(monkeypatch, runs, "record", after=after)
    with pytest.raises(Killed):
        _answer(waiting)
    for _run in range(2):  # the second is that of a job whose end got lost
        _answer(waiting)
    assert Message.objects.filter(author="agent").count() == 1
    assert Delivery.objects.count() == 1
