"""What waits, in numbers, for the navigation and the dashboard: one query a request."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agent.models import Draft
from channels.models import Delivery
from crm.models import StaffAlert, User
from tickets.inbox import overdue
from tickets.models import Ticket

UNDELIVERED = [Delivery.State.FAILED, Delivery.State.UNKNOWN, Delivery.State.HELD]
_ATTRIBUTE = "_console_counts"


@dataclass(frozen=True, slots=True)
class Counts:
    needs_person: int
    mine: int
    overdue: int
    drafts: int
    alerts: int
    failed_jobs: int
    undelivered: int


def get_counts(request: HttpRequest) -> Counts:
    """The counts for this member of staff, read once a request."""
    known: Counts | None = getattr(request, _ATTRIBUTE, None)
    if known is None:
        known = _read(request.user.pk or 0, timezone.now())
        setattr(request, _ATTRIBUTE, known)
    return known


def _read(user_id: int, now: datetime) -> Counts:
    row = (
        User.objects.filter(pk=user_id)
        .values(
            needs_person=_count(Ticket.objects.needing_a_person()),
            mine=_count(Ticket.objects.unfinished().filter(conversation__assigned_to=user_id)),
            overdue=_count(Ticket.objects.filter(overdue(now))),
            drafts=_count(Draft.objects.decidable()),
            alerts=_count(StaffAlert.objects.filter(cleared_at__isnull=True)),
            failed_jobs=_count(ProcrastinateJob.objects.filter(status="failed")),
            undelivered=_count(Delivery.objects.filter(state__in=UNDELIVERED)),
        )
        .first()
    )
    return Counts(**row) if row else Counts(0, 0, 0, 0, 0, 0, 0)


def _count(rows: QuerySet[models.Model]) -> Coalesce:
    counted = rows.order_by().annotate(_all=Value(1)).values("_all").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), Value(0))
