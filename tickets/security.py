"""A security matter cannot wait for office hours: it comes first, and staff are alerted at once."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm import alerts
from crm.models import StaffAlert
from tickets.models import ResponseTarget, Ticket


def is_security(ticket: Ticket) -> bool:
    return ticket.escalation_reason == Ticket.Reason.SECURITY


def alerts_reach_people() -> bool:
    """Whether an alert leaves the console, so that somebody learns of it at any hour."""
    return bool(settings.ALERT_EMAILS)


def make_urgent(ticket: Ticket, *, now: datetime) -> dict[str, object]:
    """The changes that put the ticket first."""
    urgent = Ticket.Priority.URGENT
    since = now if ticket.first_response_at else ticket.created_at
    return {
        "priority": urgent,
        "due_at": ResponseTarget.due_for(urgent, since) or ticket.due_at,
    }


def alert_staff(ticket: Ticket, *, now: datetime) -> None:
    """Open until somebody takes it; names nobody and quotes nothing, for it is mailed."""
    with override(settings.LANGUAGE_CODE):
        alerts.raise_alert(
            _key(ticket),
            title=_("Security: %(reference)s waits for a person") % {"reference": ticket.reference},
            detail=_("A customer reports a security matter. Open the ticket: %(address)s")
            % {"address": f"{settings.PUBLIC_URL}/admin/tickets/ticket/{ticket.pk}/change/"},
            now=now,
            level=StaffAlert.Level.CRITICAL,
        )


def settle_alert(ticket: Ticket, *, now: datetime) -> None:
    """Somebody has taken it, or it is over."""
    if is_security(ticket):
        alerts.clear_alert(_key(ticket), now=now)


def _key(ticket: Ticket) -> str:
    return f"security:{ticket.pk}"
