"""The figures of each channel, and the alerts that watch them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import RequestFactory

from agent.api import get_metrics
from agent.metrics import MIN_RUNS, ChannelMetrics, check_thresholds, list_channel_metrics
from agent.models import AgentMetric
from crm.identity import resolve_identifier
from crm.models import Conversation, StaffAlert
from crm.services import hand_to_staff, start_conversation
from crm.types import Contact
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation("web")


def make_conversation(channel: str) -> Conversation:
    identifier = resolve_identifier(Contact(email="alice@example.com"))
    return start_conversation(identifier=identifier, channel=channel, subject="")


def add(conversation: Conversation, at: datetime, **values: Any) -> None:
    AgentMetric.objects.create(
        channel=conversation.channel,
        conversation=conversation,
        recorded_at=at,
        **{
            "sentiment": 0.0,
            "escalated": False,
            "answered": True,
            "latency_seconds": 1.0,
            "cost": Decimal(0),
            **values,
        },
    )


def figures(channel: str, now: datetime) -> ChannelMetrics:
    rows = list_channel_metrics(since=now - timedelta(hours=24), now=now)
    return next(row for row in rows if row.channel == channel)


def test_figures_of_a_channel(now: datetime) -> None:
    answered, handed_over = make_conversation("email"), make_conversation("email")
    add(answered, now, sentiment=0.4, latency_seconds=1.0, cost=Decimal("0.01"))
    add(answered, now, sentiment=0.2, latency_seconds=2.0, cost=Decimal("0.02"))
    add(handed_over, now, sentiment=-0.9, latency_seconds=9.0, answered=False, escalated=True)
    hand_to_staff(conversation=handed_over)
    assert figures("email", now) == ChannelMetrics(
        channel="email",
        conversations=2,
        average_sentiment=-0.1,
        escalation_rate=0.5,
        latency_median=2.0,
        latency_p95=8.3,
        deflection=0.5,
        cost=Decimal("0.030000"),
    )


def test_a_channel_without_runs_has_a_row(now: datetime) -> None:
    row = figures("whatsapp", now)
    assert row.conversations == 0
    assert row.escalation_rate is None
    assert row.latency_median is None


def test_an_answer_that_a_person_had_to_follow_is_no_deflection(
    conversation: Conversation, now: datetime
) -> None:
    add(conversation, now)
    hand_to_staff(conversation=conversation)
    assert figures("web", now).deflection == 0


def test_one_unknown_cost_makes_the_sum_unknown(conversation: Conversation, now: datetime) -> None:
    add(conversation, now, cost=None)
    add(conversation, now, cost=Decimal(1))
    assert figures("web", now).cost is None


def test_what_is_older_does_not_count(conversation: Conversation, now: datetime) -> None:
    add(conversation, now - timedelta(hours=25))
    assert figures("web", now).conversations == 0


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"escalated": True, "answered": False}, "agent-escalation:web"),
        ({"latency_seconds": 30.0}, "agent-latency:web"),
    ],
)
def test_a_breach_is_an_alert_until_it_ends(
    conversation: Conversation, now: datetime, values: dict[str, Any], key: str
) -> None:
    for _ in range(MIN_RUNS):
        add(conversation, now, **values)
    check_thresholds(now=now)
    assert StaffAlert.objects.get(cleared_at=None).key == key
    check_thresholds(now=now + timedelta(days=2))
    assert not StaffAlert.objects.filter(cleared_at=None).exists()


def test_few_runs_raise_nothing(conversation: Conversation, now: datetime) -> None:
    for _ in range(MIN_RUNS - 1):
        add(conversation, now, escalated=True, latency_seconds=99.0)
    check_thresholds(now=now)
    assert not StaffAlert.objects.exists()


def test_the_api_tells_the_same(
    rf: RequestFactory, conversation: Conversation, now: datetime
) -> None:
    add(conversation, now)
    told = get_metrics(rf.get("/api/v1/metrics/channels"), hours=1)
    assert told.until - told.since == timedelta(hours=1)
    web = next(row for row in told.channels if row.channel == "web")
    assert (web.conversations, web.deflection) == (1, 1.0)


def test_a_greeting_given_back_counts_as_no_answer(
    ask: Callable[..., Ticket], run_jobs: Callable[[], int]
) -> None:
    ask("Hello!", subject="Hi")
    run_jobs()
    metric = AgentMetric.objects.get()
    assert metric.conversation.messages.filter(author="agent").exists()
    assert (metric.answered, metric.escalated) == (False, False)
