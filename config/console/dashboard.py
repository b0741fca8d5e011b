"""What the console opens with: what needs a person, then what is broken, then today's figures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from django.core.cache import cache
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.gaps.stale import StaleArticle, list_due_articles
from agent.metrics import FIGURES
from agent.models import AgentMetric, Draft
from config.console.counts import Counts, get_counts
from config.console.dead_letters import DeadLetter, list_dead_letters
from crm.labels import Label
from crm.models import Conversation, StaffAlert, User
from tickets.admin.labels import is_overdue, priority_label
from tickets.inbox import URGENCY, with_urgency
from tickets.models import Ticket

_SHOWN = 12
_ALERTS = 6
_DEAD_LETTERS = 5
_OWN_ARTICLES = 5
_DAYS = 14
_PAST_DAYS_KEPT = timedelta(hours=1)
_ALERT_PAGES = {
    "delivery": "admin:channels_delivery_change",
    "security": "admin:tickets_ticket_change",
    "job": "admin:procrastinate_procrastinatejob_change",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket that waits for a person, as one row."""

    ticket: Ticket
    since: datetime | None
    priority: Label | None
    late: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that counts up when it goes wrong, and where to look at it."""

    title: str
    count: int
    link: str


@dataclass(frozen=True, slots=True)
class Today:
    """`settled` and `handed_over` are of the `looked_at` conversations that the agent had today,
    counted as `agent.metrics` does."""

    conversations: int
    looked_at: int
    settled: int
    handed_over: int
    median_seconds: float | None

    @property
    def settled_share(self) -> int | None:
        return round(100 * self.settled / self.looked_at) if self.looked_at else None


def build_dashboard(request: HttpRequest) -> dict[str, Any]:
    """The dashboard's part of the index page's context, by what the role may see."""
    now = timezone.now()
    counts = get_counts(request)
    may = request.user.has_perm
    return {
        "counts": counts,
        "waiting": _waiting(now) if may("tickets.view_ticket") else [],
        "may_work": may("tickets.change_ticket"),
        "drafts": _drafts() if counts.drafts and may("agent.view_draft") else [],
        "alerts": _alerts() if counts.alerts and may("crm.view_staffalert") else [],
        "may_clear": may("crm.change_staffalert"),
        "troubles": _troubles(request, counts),
        "dead_letters": _dead_letters(request, counts),
        "own_articles": _own_articles(request, now),
        "today": _today(now),
        "chart": _chart(now),
        "chart_options": json.dumps(_CHART_OPTIONS),
        "chart_days": _DAYS,
    }


def _waiting(now: datetime) -> list[Waiting]:
    tickets = (
        with_urgency(Ticket.objects.needing_a_person(), now=now)
        .select_related("conversation__customer", "conversation__assigned_to")
        .order_by(*URGENCY)[:_SHOWN]
    )
    return [
        Waiting(
            ticket=ticket,
            since=getattr(ticket, "waiting_since", None),
            priority=None if ticket.priority == Ticket.Priority.NORMAL else priority_label(ticket),
            late=is_overdue(ticket, now),
        )
        for ticket in tickets
    ]


def _drafts() -> list[Draft]:
    return list(
        Draft.objects.decidable().select_related("conversation__customer").order_by("id")[:5]
    )


def _alerts() -> list[tuple[StaffAlert, str]]:
    """The open alerts, critical ones first, each with the page to go to, "" if there is none."""
    alerts = StaffAlert.objects.filter(cleared_at__isnull=True).order_by("level", "-last_seen_at")
    return [(alert, _page_of(alert.key)) for alert in alerts[:_ALERTS]]


def _page_of(key: str) -> str:
    """Where an alert's cause is dealt with, by the first part of its key."""
    kind, _colon, name = key.partition(":")
    if kind == "tickets":
        return reverse("admin:tickets_ticket_changelist") + "?queue=overdue"
    page = _ALERT_PAGES.get(kind)
    return reverse(page, args=[int(name)]) if page and name.isdecimal() else ""


def _troubles(request: HttpRequest, counts: Counts) -> list[Trouble]:
    may = request.user.has_perm
    tickets = reverse("admin:tickets_ticket_changelist")
    troubles = [Trouble(_("overdue"), counts.overdue, f"{tickets}?queue=overdue")]
    if may("channels.view_delivery"):
        link = reverse("admin:channels_delivery_changelist")
        troubles.append(Trouble(_("not delivered"), counts.undelivered, link))
    if may("procrastinate.view_procrastinatejob"):
        link = reverse("admin:procrastinate_procrastinatejob_changelist")
        troubles.append(Trouble(_("failed jobs"), counts.failed_jobs, link))
    return troubles


def _dead_letters(request: HttpRequest, counts: Counts) -> list[DeadLetter]:
    may_retry = request.user.has_perm("procrastinate.change_procrastinatejob")
    return list_dead_letters(_DEAD_LETTERS) if counts.failed_jobs and may_retry else []


def _own_articles(request: HttpRequest, now: datetime) -> list[StaleArticle]:
    """The owner is reminded here, where their day begins."""
    if not request.user.has_perm("knowledge.change_article"):
        return []
    return list_due_articles(cast("User", request.user), now=now, limit=_OWN_ARTICLES)


def _today(now: datetime) -> Today:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    figures = AgentMetric.objects.filter(recorded_at__gte=midnight).aggregate(**FIGURES)
    return Today(
        conversations=Conversation.objects.filter(created_at__gte=midnight).count(),
        looked_at=figures["conversations"],
        settled=figures["deflections"],
        handed_over=figures["escalations"],
        median_seconds=figures["latency_median"],
    )


def _chart(now: datetime) -> str:
    """Settled by the agent and handed over by day, as unfold's chart takes it."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight.date() - timedelta(days=ago) for ago in reversed(range(_DAYS))]
    # Days that are over hardly change, and to count them again for every look would take longer
    # than the rest of the page.
    past = cache.get_or_set(
        f"settled-by-day:{midnight.date()}",
        lambda: _count_by_day(midnight - timedelta(days=_DAYS - 1), midnight),
        _PAST_DAYS_KEPT.total_seconds(),
    )
    by_day = {**(past or {}), **_count_by_day(midnight, now)}
    return json.dumps(
        {
            "labels": [f"{day:%d.%m.}" for day in days],
            "datasets": [
                {
                    "label": label,
                    "data": [by_day.get(day, {}).get(key, 0) for day in days],
                    "backgroundColor": colour,
                    "maxBarThickness": 22,
                    "borderRadius": 3,
                }
                for key, label, colour in (
                    ("deflections", _("settled by the agent alone"), "var(--color-primary-500)"),
                    ("escalations", _("handed to people"), "var(--color-base-400)"),
                )
            ],
        }
    )


def _count_by_day(since: datetime, until: datetime) -> dict[date, Mapping[str, Any]]:
    runs = AgentMetric.objects.filter(recorded_at__gte=since, recorded_at__lte=until)
    rows = runs.annotate(day=TruncDate("recorded_at")).order_by().values("day")
    counted = rows.annotate(**{name: FIGURES[name] for name in ("deflections", "escalations")})
    return {row["day"]: row for row in counted}


_READABLE = "#76839a"  # on the light and on the dark theme
_CHART_OPTIONS = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "color": _READABLE,
    "plugins": {
        "legend": {
            "display": True,
            "position": "bottom",
            "labels": {"boxWidth": 10, "color": _READABLE},
        }
    },
    "scales": {
        "x": {
            "stacked": True,
            "grid": {"display": False},
            "ticks": {"maxRotation": 0, "autoSkipPadding": 14, "color": _READABLE},
        },
        "y": {"stacked": True, "beginAtZero": True, "ticks": {"precision": 0, "color": _READABLE}},
    },
}
