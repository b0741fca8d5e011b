"""The owner of an article learns of customers whom an answer from it did not help."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core import mail

from agent.models import AgentRun
from crm.models import User
from knowledge.models import Article
from tickets.models import Ticket
from tickets.services import rate_ticket, resolve_ticket

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]


@pytest.mark.parametrize(("score", "told"), [(2, ["carol@example.com"]), (3, [])])
def test_a_poor_rating_is_mailed_to_the_owner(
    ask: Ask,
    answer: Answer,
    run_jobs: Callable[[], int],
    help_centre: dict[str, Article],
    carol: User,
    settings: Any,
    now: datetime,
    score: int,
    told: list[str],
) -> None:
    User.objects.filter(pk=carol.pk).update(email="carol@example.com")
    Article.objects.filter(slug="billing/invoices").update(owner=carol)
    ticket = ask("Where do I find my invoice?")
    assert answer(ticket).decision == "send"
    run_jobs()
    mail.outbox.clear()
    resolve_ticket(ticket=ticket, actor="customer", now=now)
    for _click in range(2):
        assert rate_ticket(ticket=ticket, score=score, comment="My card is 4111.", now=now)
    run_jobs()
    assert [to for sent in mail.outbox for to in sent.to] == told
    for sent in mail.outbox:
        assert "Where do I find my invoices?" in sent.subject
        assert f"/admin/tickets/ticket/{ticket.pk}/change/" in sent.body
        assert "4111" not in sent.body
