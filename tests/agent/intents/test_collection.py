"""Examples from tickets that were closed well."""

from collections.abc import Callable
from datetime import datetime

import pytest

from agent.intents.collection import collect_from_tickets
from agent.models import AgentRun, Intent, IntentExample
from tickets.models import Satisfaction, Ticket


@pytest.mark.parametrize(
    ("rating", "score", "decision", "count"),
    [(5, 0.95, "send", 1), (2, 0.95, "send", 0), (5, 0.5, "send", 0), (5, 0.95, "hand_over", 0)],
)
def test_only_what_was_sure_and_rated_well_is_learned(
    rating: int,
    score: float,
    decision: str,
    count: int,
    intents: dict[str, Intent],
    ask: Callable[..., Ticket],
    now: datetime,
) -> None:
    ticket = ask("My bill of August, please, to alice@example.com")
    Ticket.objects.filter(pk=ticket.pk).update(status="closed")
    Satisfaction.objects.create(ticket=ticket, score=rating, created_at=now)
    AgentRun.objects.create(
        conversation=ticket.conversation,
        message=ticket.conversation.messages.get(direction="in"),
        state="done",
        decision=decision,
        intent="find_invoice",
        intent_score=score,
        started_at=now,
    )
    assert collect_from_tickets(now=now) == count
    assert collect_from_tickets(now=now) == 0
    examples = IntentExample.objects.filter(source="ticket")
    assert [example.intent for example in examples] == [intents["find_invoice"]] * count
    assert not examples.filter(text__contains="alice@").exists()
