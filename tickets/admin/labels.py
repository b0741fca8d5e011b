"""The words and colours of a ticket."""

from datetime import datetime

from crm.labels import Label
from tickets.models import Ticket

Status = Ticket.Status
Priority = Ticket.Priority

STATUS_TONES: dict[str, str] = {
    Status.OPEN: "info",
    Status.IN_PROGRESS: "primary",
    Status.WAITING: "",
    Status.ESCALATED: "danger",
    Status.RESOLVED: "success",
    Status.CLOSED: "",
}
PRIORITY_TONES: dict[str, str] = {
    Priority.URGENT: "danger",
    Priority.HIGH: "warning",
    Priority.NORMAL: "",
    Priority.LOW: "",
}


def status_label(ticket: Ticket) -> Label:
    return Label(ticket.get_status_display(), STATUS_TONES[ticket.status])


def priority_label(ticket: Ticket) -> Label:
    return Label(ticket.get_priority_display(), PRIORITY_TONES[ticket.priority])


def is_overdue(ticket: Ticket, now: datetime) -> bool:
    """The row's own side of `tickets.inbox.overdue`."""
    return (
        ticket.due_at is not None
        and ticket.due_at < now
        and ticket.first_response_at is None
        and not ticket.is_finished()
    )
