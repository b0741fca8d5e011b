"""What becomes of tickets with time: overdue, resolved after silence, closed."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from crm import alerts
from tickets.endings import close_ticket, resolve_ticket
from tickets.ledger import SYSTEM
from tickets.models import Ticket, TicketEvent

SILENT_AFTER = timedelta(days=3)
CLOSED_AFTER = timedelta(days=14)
_BATCH = 500
_ALERT = "tickets:overdue"


def check_response_targets(*, now: datetime) -> int:
    """Notes every ticket whose answer is overdue, once; returns how many are.

    The alert stays open while one of them is unanswered.
    """
    overdue = Ticket.objects.unfinished().filter(due_at__lt=now)
    fresh = overdue.exclude(events__kind=TicketEvent.Kind.OVERDUE)[:_BATCH]
    with transaction.atomic():
        TicketEvent.objects.bulk_create(
            TicketEvent(ticket=ticket, kind=TicketEvent.Kind.OVERDUE, actor=SYSTEM, created_at=now)
            for ticket in fresh
        )
        count = overdue.count()
        if count:
            alerts.raise_alert(
                _ALERT,
                title=_("%(count)s tickets wait longer than promised") % {"count": count},
                detail=_("Open the overdue tickets and answer the oldest first."),
                now=now,
            )
        else:
            alerts.clear_alert(_ALERT, now=now)
    return count


def resolve_silent(*, now: datetime) -> int:
    """Resolves answered tickets whose customer has been silent, and closes old resolved ones.

    A later message reopens a resolved ticket, so nothing is lost by it.
    """
    changed = 0
    silent = Ticket.objects.filter(status=Ticket.Status.WAITING, updated_at__lt=now - SILENT_AFTER)
    for ticket in silent[:_BATCH]:
        changed += resolve_ticket(ticket=ticket, actor=SYSTEM, now=now, unchanged=True, seen=0)
    finished = Ticket.objects.filter(
        status=Ticket.Status.RESOLVED, updated_at__lt=now - CLOSED_AFTER
    )
    for ticket in finished[:_BATCH]:
        changed += close_ticket(ticket=ticket, actor=SYSTEM, now=now, unchanged=True)
    return changed
