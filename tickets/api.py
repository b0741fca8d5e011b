"""A ticket as JSON, for the holder of its key and for staff."""

from datetime import datetime
from typing import Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema

from crm.models import User
from tickets.models import Ticket
from tickets.services import get_ticket_by_key, get_ticket_for_staff
from tickets.transcript import Entry, list_entries

router = Router(tags=["tickets"])


class EscalationOut(Schema):
    reason: str
    at: datetime


class SourceOut(Schema):
    title: str
    url: str


class MessageOut(Schema):
    author: Literal["customer", "agent", "staff", "system"]
    text: str
    created_at: datetime
    sources: list[SourceOut]


class TicketOut(Schema):
    ticket_id: str
    status: str
    subject: str
    category: str
    priority: str
    created_at: datetime
    updated_at: datetime
    escalation: EscalationOut | None
    messages: list[MessageOut]


@router.get(
    "/tickets/{reference}",
    response=TicketOut,
    url_name="ticket",
    summary="Read a ticket",
    openapi_extra={
        "parameters": [
            {
                "in": "header",
                "name": "X-Ticket-Key",
                "schema": {"type": "string"},
                "description": "The access key that came with the ticket; staff need none.",
            }
        ],
        "responses": {404: {"description": "No such ticket, or the key does not open it."}},
    },
)
def read_ticket(request: HttpRequest, reference: str, response: HttpResponse) -> TicketOut:
    """The ticket and its conversation, with its key in `X-Ticket-Key` or a staff session.

    404 for an unknown number and for a wrong key alike.
    """
    ticket = _open(request, reference)
    if ticket is None:
        raise Http404
    response["Cache-Control"] = "no-store"
    return TicketOut(
        ticket_id=ticket.reference,
        status=ticket.status,
        subject=ticket.subject,
        category=ticket.category,
        priority=ticket.priority,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
        escalation=(
            EscalationOut(reason=ticket.escalation_reason, at=ticket.escalated_at)
            if ticket.escalated_at
            else None
        ),
        messages=[_message(entry) for entry in list_entries(ticket)],
    )


def _open(request: HttpRequest, reference: str) -> Ticket | None:
    ticket = get_ticket_by_key(reference, request.headers.get("X-Ticket-Key", ""))
    if ticket is None and isinstance(request.user, User):
        return get_ticket_for_staff(request.user, reference)
    return ticket


def _message(entry: Entry) -> MessageOut:
    return MessageOut.model_validate(entry, from_attributes=True)
