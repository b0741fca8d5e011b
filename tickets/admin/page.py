"""A ticket's page: the conversation and the reply box, and beside them all that is known."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import Conversation, Message, User
from crm.timeline import Entry, Mark, list_timeline
from tickets.admin.forms import ReplyForm, SortForm
from tickets.admin.labels import is_overdue, priority_label, status_label
from tickets.inbox import with_waiting
from tickets.ledger import get_standing_merge, get_successor
from tickets.merging import list_merge_candidates, list_merges_into
from tickets.models import Satisfaction, Ticket, TicketMerge
from tickets.panels import Place, build_panels
from tickets.saved_replies import FilledReply, list_filled_replies

_PAST_TICKETS = 8


def ticket_page(
    request: HttpRequest,
    ticket: Ticket,
    *,
    reply: ReplyForm | None = None,
    text: str = "",
    unseen: Sequence[Message] = (),
    status: int = 200,
) -> HttpResponse:
    """The page; with what was written and not sent: a form with errors, or a text and what its
    author had not seen. A closed ticket whose matter goes on in another shows only the way."""
    merges = list_merges_into(ticket)
    entries = list_entries(ticket, merges)
    if reply is None:
        reply = ReplyForm(initial={"text": text, "seen": newest_id(entries)})
    successor = get_successor(ticket)
    may_work = request.user.has_perm("tickets.change_ticket") and successor is None
    context = {
        **admin.site.each_context(request),
        **timeline_context(ticket, entries),
        "title": str(ticket),
        "opts": Ticket._meta,
        "original": ticket,
        "reply": reply,
        "unseen": unseen,
        "seen": newest_id(entries),
        "successor": successor,
        "merged_by": get_standing_merge(ticket),
        "merges": merges,
        "merge_candidates": list_merge_candidates(ticket) if may_work else [],
        "unsent": text if successor else "",
        "sort_form": SortForm(initial={"priority": ticket.priority, "category": ticket.category}),
        "may_work": may_work,
        "colleagues": _colleagues(request),
        "status": status_label(ticket),
        "priority": priority_label(ticket),
        "late": is_overdue(ticket, timezone.now()),
        "waiting_since": _waiting_since(ticket),
        "agent_holds": ticket.conversation.handler == Conversation.Handler.AGENT,
        "identifiers": list(ticket.conversation.customer.identifiers.order_by("-trust", "id")),
        "past_tickets": _past_tickets(ticket),
        "events": ticket.events.order_by("-id")[:30],
        "rating": Satisfaction.objects.filter(ticket=ticket).first(),
        "saved_replies": _saved_replies(request, ticket) if may_work else [],
        "top_panels": build_panels(Place.TOP, request, ticket),
        "reply_panels": build_panels(Place.REPLY, request, ticket) if may_work else [],
        "main_panels": build_panels(Place.MAIN, request, ticket),
        "side_panels": build_panels(Place.SIDE, request, ticket),
    }
    if unseen:
        status = 409
    elif reply.is_bound and reply.errors:
        status = 400
    return TemplateResponse(request, "tickets/admin/ticket.html", context, status=status)


def timeline_context(ticket: Ticket, entries: Sequence[Entry]) -> dict[str, Any]:
    """What the timeline's fragment needs, which refreshes by itself."""
    return {
        "ticket": ticket,
        "conversation": ticket.conversation,
        "customer": ticket.conversation.customer,
        "entries": entries,
        "version": version_of(entries),
    }


def list_entries(ticket: Ticket, merges: Sequence[TicketMerge]) -> list[Entry]:
    """The conversation together with those of the tickets that go on in this one, each message
    of theirs with the way to where it was said."""
    origins = {merge.merged.conversation_id: _origin(merge.merged) for merge in merges}
    theirs = (merge.merged.conversation for merge in merges)
    return [
        replace(entry, marks=(origin, *entry.marks))
        if (origin := origins.get(entry.message.conversation_id))
        else entry
        for entry in list_timeline(ticket.conversation, *theirs)
    ]


def version_of(entries: Sequence[Entry]) -> str:
    """Changes with every message that comes, leaves, fails or is remarked upon."""
    said = [
        f"{entry.message.pk}{entry.message.state}{[mark.text for mark in entry.marks]}"
        for entry in entries
    ]
    return f"{zlib.crc32(''.join(said).encode()):08x}"


def newest_id(entries: Sequence[Entry]) -> int:
    return entries[-1].message.pk if entries else 0


def _origin(ticket: Ticket) -> Mark:
    link = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    return Mark(_("In %(ticket)s, which goes on here") % {"ticket": ticket.reference}, link=link)


def _waiting_since(ticket: Ticket) -> datetime | None:
    row = with_waiting(Ticket.objects.filter(pk=ticket.pk)).only("pk").first()
    return getattr(row, "waiting_since", None)


def _past_tickets(ticket: Ticket) -> list[Ticket]:
    """The same customer's other tickets over all channels, newest first."""
    return list(
        Ticket.objects.filter(conversation__customer=ticket.conversation.customer_id)
        .exclude(pk=ticket.pk)
        .select_related("conversation")
        .order_by("-id")[:_PAST_TICKETS]
    )


def _colleagues(request: HttpRequest) -> list[tuple[str, str]]:
    """Whom this member of staff may give a ticket to; nobody unless they assign work."""
    if not request.user.has_perm("crm.change_conversation"):
        return []
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("first_name", "username")
    return [("", _("nobody")), *((str(user.pk), str(user)) for user in staff)]


def _saved_replies(request: HttpRequest, ticket: Ticket) -> list[FilledReply]:
    return list_filled_replies(ticket, staff=cast("User", request.user))
