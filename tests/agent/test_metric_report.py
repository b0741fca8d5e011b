"""The console's page of the agent's figures."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agent.metric_report import build_report
from crm.models import User
from crm.services import hand_to_staff
from tests.agent.test_metrics import add, make_conversation
from tickets.models import Ticket
from tickets.services import escalate_ticket, reply_to_ticket

pytestmark = pytest.mark.django_db


def test_totals_channels_and_days(now: datetime) -> None:
    answered, handed_over = make_conversation("email"), make_conversation("web")
    add(answered, now, latency_seconds=2.0)
    add(handed_over, now, latency_seconds=4.0, answered=False, escalated=True)
    hand_to_staff(conversation=handed_over)
    for ago in (1, 6):
        add(make_conversation("email"), now - timedelta(days=ago), latency_seconds=2.0)
    add(make_conversation("email"), now - timedelta(days=7))
    report = build_report(days=7, now=now)
    assert (report.total.conversations, report.total.deflection) == (4, 0.75)
    assert report.total.latency_median == 2.0
    by_channel = {line.title: line for line in report.channels}
    assert (by_channel["e-mail"].deflected, by_channel["web form"].handed_over) == (100, 33)
    assert [line.metrics.conversations for line in report.days] == [2, 1, 0, 0, 0, 0, 1]
    assert (report.days[0].deflected, report.days[0].handed_over) == (50, 50)
    assert report.days[1].deflected == 50
    assert report.days[2].metrics.deflection is None


def test_how_long_customers_wait_for_a_person(
    ask: Callable[..., Ticket], bob: User, now: datetime
) -> None:
    assert build_report(days=7, now=now).person_seconds is None
    for minutes in (10, 30, 20):
        ticket = escalate_ticket(
            ticket=ask(email=f"c{minutes}@example.com"),
            reason="refund",
            detail="",
            actor="agent",
            now=now - timedelta(minutes=minutes),
        )
        reply_to_ticket(ticket=ticket, staff=bob, text="Here I am.", now=now)
    assert build_report(days=7, now=now).person_seconds == 20 * 60


def test_the_page(client: Client, carol: User, bob: User, django_assert_num_queries: Any) -> None:
    for number in range(12):
        add(make_conversation("email"), timezone.now(), latency_seconds=number)
    client.force_login(bob)
    assert client.get("/admin/agent/agentmetric/").status_code == 403
    client.force_login(carol)
    # session, user with what she may, the sidebar's counts, the report's four
    with django_assert_num_queries(7):
        shown = client.get("/admin/agent/agentmetric/?days=30")
    assert len(shown.context["report"].days) == 30
    assert "5.5 s" in shown.content.decode()
    assert len(client.get("/admin/agent/agentmetric/?days=4000").context["report"].days) == 7
