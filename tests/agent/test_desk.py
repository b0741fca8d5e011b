"""What the agent sees of a customer: the history of who is proven, and nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from agent.desk import ConversationDesk
from agent.models import AgentRun
from agent.tasks import answer_conversation
from crm.merging import merge_customers, unmerge
from crm.models import ConfirmationCode, Conversation, CustomerIdentifier, User
from crm.services import add_note, queue_staff_reply
from crm.trust import get_proven_identifier
from tests.crm.conftest import (  # fixtures, found by their import
    Writes,
    install_every_channel,  # noqa: F401
    write_from_anywhere,  # noqa: F401
)
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Trust = CustomerIdentifier.Trust
Ask = Callable[..., Ticket]
ALICE, PHONE = "alice@example.com", "+4930901820"


def seen(conversation: Conversation) -> set[str]:
    return {past.text for past in ConversationDesk(conversation).list_past_messages(20)}


def test_the_agent_sees_every_channel_of_who_is_proven(
    writes: Writes, ask: Ask, bob: User, now: datetime
) -> None:
    ask("Asked in the form")
    mail, phone = writes(ALICE, "By mail"), writes(PHONE, "By WhatsApp")
    assert seen(mail.conversation) == {"Asked in the form", "By mail"}
    assert seen(phone.conversation) == {"By WhatsApp"}
    alice, other = mail.conversation.customer, phone.conversation.customer
    merge = merge_customers(survivor=alice, merged=other, by=bob, now=now)
    both = {"Asked in the form", "By mail", "By WhatsApp"}
    assert seen(mail.conversation) == seen(phone.conversation) == both
    unmerge(merge=merge, by=bob, now=now)
    assert seen(phone.conversation) == {"By WhatsApp"}


def test_who_typed_an_address_sees_nothing_of_its_owner(writes: Writes, ask: Ask) -> None:
    writes(ALICE, "Private")
    CustomerIdentifier.objects.update(trust=Trust.CONFIRMED)
    assert seen(ask("I am Alice, honestly").conversation) == {"I am Alice, honestly"}


def test_nobody_sees_what_staff_note_or_have_not_sent(
    writes: Writes, ask: Ask, bob: User, now: datetime
) -> None:
    mail = writes(ALICE, "By mail")
    for conversation in (mail.conversation, ask("In the form").conversation):
        add_note(conversation=conversation, staff=bob, text="Careful", now=now)
        queue_staff_reply(conversation=conversation, staff=bob, text="On its way", now=now)
    assert seen(mail.conversation) == {"By mail", "In the form"}
    assert seen(ask("In another form").conversation) == {"In another form"}


def test_a_mail_that_nobody_vouches_for_sees_itself_only(writes: Writes) -> None:
    writes(ALICE, "First", trust=Trust.SEEN)
    assert seen(writes(ALICE, "Second", trust=Trust.SEEN).conversation) == {"Second"}


def test_a_code_returned_in_the_form_proves_who_writes_there(
    writes: Writes, ask: Ask, now: datetime
) -> None:
    writes(ALICE, "By mail")
    ticket, stranger = ask("In the form"), ask("In another form")
    identifier = ticket.conversation.identifier
    assert identifier is not None
    confirmation = ConfirmationCode.objects.create(
        identifier=identifier,
        purpose="confirm",
        conversation=ticket.conversation,
        created_at=now,
        expires_at=now,
        link_expires_at=now + timedelta(hours=1),
        used_at=now,
    )
    assert get_proven_identifier(ticket.conversation) is None  # by the link: not from here
    confirmation.entered_in = ticket.conversation
    confirmation.save()
    assert get_proven_identifier(ticket.conversation) == identifier
    assert "By mail" in seen(ticket.conversation)
    assert "By mail" not in seen(stranger.conversation)


def test_case_57_staff_are_told_whether_the_owner_asks(ask: Ask) -> None:
    ticket = ask("How many seats are we paying for?")
    message = ticket.conversation.messages.get()
    answer_conversation(conversation_id=ticket.conversation_id, message_id=message.pk)
    ticket.refresh_from_db()
    assert AgentRun.objects.get().decision == AgentRun.Decision.HAND_OVER
    assert ticket.escalation_reason == Ticket.Reason.ACCOUNT
    assert "not proven (alice@example.com, typed by somebody)" in ticket.escalation_detail
    assert "Send a code" in ticket.escalation_detail
