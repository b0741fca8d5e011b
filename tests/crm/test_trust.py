"""What each level of trust opens."""

from collections.abc import Callable

import pytest

from crm.models import CustomerIdentifier
from crm.trust import (
    explain_account_trust,
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
