"""Sorting by priority moves the promise that is still open, and no other."""

from collections.abc import Callable
from datetime import datetime

import pytest

from crm.models import User
from tickets import services
from tickets.models import Ticket
from tickets.triage import sort_ticket

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]


@pytest.mark.parametrize("answered", [True, False])
def test_the_due_time_moves_only_while_an_answer_is_owed(
    answered: bool, ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    before = ticket.due_at
    if answered:
        services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now)
    assert sort_ticket(ticket=ticket, priority="urgent", category="other", actor=bob, now=now)
    ticket.refresh_from_db()
    assert (ticket.due_at is None) is answered
    assert ticket.due_at != before
