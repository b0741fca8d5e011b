from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from crm import services
from crm.models import Conversation, Message, User
from crm.types import IncomingFile, IncomingMessage
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]


def test_one_external_message_is_one_message(ask: Ask, now: datetime) -> None:
    conversation = ask().conversation
    incoming = IncomingMessage(external_id="web:twice", text="Hello", received_at=now)
    first, created = services.receive_message(conversation=conversation, incoming=incoming)
    second, again = services.receive_message(conversation=conversation, incoming=incoming)
    assert (created, again) == (True, False)
    assert first == second


def test_files_are_kept_with_their_message(ask: Ask, now: datetime) -> None:
    file = IncomingFile(name="log\x00.txt", content_type="text/plain", content=b"\x00binary")
    message, _ = services.receive_message(
        conversation=ask().conversation,
        incoming=IncomingMessage(external_id="web:1", text="See", received_at=now, files=(file,)),
    )
    attachment = message.attachments.get()
    assert (attachment.name, bytes(attachment.content), attachment.size) == (
        "log.txt",
        b"\x00binary",
        7,
    )


def test_the_agent_may_answer_only_in_the_turn_it_saw(ask: Ask, bob: User) -> None:
    conversation = ask().conversation
    services.lock_conversation_for_agent(conversation.pk, turn=0)
    services.take_over(conversation=conversation, staff=bob)
    services.hand_back(conversation=conversation)
    with pytest.raises(services.StaffTookOver):
        services.lock_conversation_for_agent(conversation.pk, turn=0)
    conversation.refresh_from_db()
    services.lock_conversation_for_agent(conversation.pk, turn=conversation.turn)


def test_a_message_has_at_most_one_answer_of_the_agent(ask: Ask, now: datetime) -> None:
    conversation = ask().conversation
    question = conversation.messages.get()
    reply = services.queue_agent_reply(
        conversation=conversation, answers=question, text="So.", sources=[], now=now
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        services.queue_agent_reply(
            conversation=conversation, answers=question, text="Again.", sources=[], now=now
        )
    assert list(conversation.messages.filter(author=Message.Author.AGENT)) == [reply]


def test_a_reply_by_staff_takes_the_conversation(ask: Ask, bob: User, now: datetime) -> None:
    conversation = ask().conversation
    services.queue_staff_reply(conversation=conversation, staff=bob, text="Hi", now=now)
    conversation.refresh_from_db()
    assert conversation.handler == Conversation.Handler.STAFF
    assert conversation.assigned_to == bob
    assert not conversation.messages.awaiting_answer().exists()


def test_the_customer_is_told_once_that_a_person_answers(ask: Ask, now: datetime) -> None:
    conversation = ask().conversation
    question = conversation.messages.get()
    first = services.queue_system_reply(
        conversation=conversation, answers=question, text="Soon.", now=now
    )
    second = services.queue_system_reply(
        conversation=conversation, answers=question, text="Soon.", now=now
    )
    assert first is not None
    assert second is None


def test_the_public_sees_no_notes_and_nothing_unsent(ask: Ask, bob: User, now: datetime) -> None:
    conversation = ask("Visible").conversation
    services.add_note(conversation=conversation, staff=bob, text="Careful", now=now)
    services.queue_staff_reply(conversation=conversation, staff=bob, text="Not yet sent", now=now)
    assert [message.text for message in conversation.messages.public()] == ["Visible"]


@given(st.text())
def test_printable_text_fits_the_database(text: str) -> None:
    clean = services.printable(text)
    assert "\x00" not in clean
    assert clean.encode().decode() == clean
    assert services.printable(clean) == clean


def test_printable_keeps_what_languages_need() -> None:
    text = "\u05e9\u05dc\u05d5\u05dd \u200f \U0001f469\u200d\U0001f467 line\n\ttab"
    assert services.printable(text) == text
    assert services.printable("a\r\nb\rc\x1b[31m") == "a\nb\nc[31m"
