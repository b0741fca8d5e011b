"""The words and colours of a ticket."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

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


# In the words of staff; the model's own words are the customer's.
STATUS_WORDS: dict[str, Any] = {
    Status.OPEN: _("new"),
    Status.IN_PROGRESS: _("in progress"),
    Status.WAITING: _("waiting for customer"),
    Status.ESCALATED: _("needs a person"),
    Status.RESOLVED: _("resolved"),
    Status.CLOSED: _("closed"),
}


def status_words(ticket: Ticket) -> str:
    if ticket.approval_since is not None:
        return _t("answer to approve")
    return str(STATUS_WORDS[ticket.status])


def status_label(ticket: Ticket) -> Label:
    return Label(status_words(ticket), STATUS_TONES[ticket.status])


def priority_label(ticket: Ticket) -> Label:
    return Label(ticket.get_priority_display(), PRIORITY_TONES[ticket.priority])


def is_overdue(ticket: Ticket, now: datetime) -> bool:
    """The row's own side of `tickets.inbox.overdue`."""
    return ticket.due_at is not None and ticket.due_at < now and not ticket.is_finished()
