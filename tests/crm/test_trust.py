"""What each level of trust opens."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from agent.desk import ConversationDesk
from agent.models import AgentRun
from agent.tasks import answer_conversation
from crm.merging import merge_customers, unmerge
from crm.models import ConfirmationCode, CustomerIdentifier, User
from crm.trust import (
    explain_account_trust,
    get_proven_identifier,
    may_hear_of_account,
    may_see_history_across_channels,
)
from tests.crm.conftest import Writes
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Trust = CustomerIdentifier.Trust
Ask = Callable[..., Ticket]
ALICE, PHONE = "alice@example.com", "+4930901820"


@pytest.mark.parametrize(
    ("trust", "opens"),
    [
        (Trust.UNVERIFIED, False),
        (Trust.SEEN, False),
        (Trust.AUTHENTICATED, True),
        (Trust.CONFIRMED, True),
    ],
)
def test_the_ladder(trust: int, opens: bool) -> None:
    identifier = CustomerIdentifier(trust=trust)
    assert may_hear_of_account(identifier) is opens
    assert may_see_history_across_channels(identifier) is opens
    assert not may_hear_of_account(None)
    assert not may_see_history_across_channels(None)


def seen(message_or_ticket: object) -> set[str]:
    conversation = message_or_ticket.conversation  # type: ignore[attr-defined]
    return {past.text for past in ConversationDesk(conversation).list_past_messages(20)}


def test_the_agent_sees_every_channel_of_who_is_proven(
    writes: Writes, ask: Ask, bob: User, now: datetime
) -> None:
    ask("Asked in the form")
    mail, phone = writes(ALICE, "By mail"), writes(PHONE, "By WhatsApp")
    assert seen(mail) == {"Asked in the form", "By mail"}
    assert seen(phone) == {"By WhatsApp"}
    alice, other = mail.conversation.customer, phone.conversation.customer
    merge = merge_customers(survivor=alice, merged=other, by=bob, now=now)
    both = {"Asked in the form", "By mail", "By WhatsApp"}
    assert seen(mail) == seen(phone) == both
    unmerge(merge=merge, by=bob, now=now)
    assert seen(phone) == {"By WhatsApp"}


def test_who_typed_an_address_sees_nothing_of_its_owner(writes: Writes, ask: Ask) -> None:
    writes(ALICE, "Private")
    CustomerIdentifier.objects.update(trust=Trust.CONFIRMED)
    assert seen(ask("I am Alice, honestly")) == {"I am Alice, honestly"}


def test_a_mail_that_nobody_vouches_for_sees_itself_only(writes: Writes) -> None:
    writes(ALICE, "First", trust=Trust.SEEN)
    assert seen(writes(ALICE, "Second", trust=Trust.SEEN)) == {"Second"}


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
    assert "By mail" in seen(ticket)
    assert "By mail" not in seen(stranger)


def test_case_57_staff_are_told_whether_the_owner_asks(ask: Ask) -> None:
    ticket = ask("How many seats are we paying for?")
    message = ticket.conversation.messages.get()
    answer_conversation(conversation_id=ticket.conversation_id, message_id=message.pk)
    ticket.refresh_from_db()
    assert AgentRun.objects.get().decision == AgentRun.Decision.HAND_OVER
    assert ticket.escalation_reason == Ticket.Reason.ACCOUNT
    assert "not proven (alice@example.com, typed by somebody)" in ticket.escalation_detail
    assert "Send a code" in ticket.escalation_detail


def test_case_57_what_staff_read_of_each_sender(writes: Writes) -> None:
    proven = explain_account_trust(writes(ALICE).conversation)
    assert proven == "The sender is proven (alice@example.com, sender authenticated)."
    doubtful = explain_account_trust(writes("bob@example.com", trust=Trust.SEEN).conversation)
    assert "give no account data" in doubtful
    conversation = writes(PHONE, trust=Trust.SEEN).conversation
    assert "Merge with …" in explain_account_trust(conversation)
    conversation.identifier.delete()  # type: ignore[union-attr]
    conversation.refresh_from_db()
    assert "Nobody knows" in explain_account_trust(conversation)
