"""A ticket's page: the conversation and the reply box, and beside them all that is known."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
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
from tickets.admin.reading import read_addresses, read_events, read_merges, read_other_tickets
from tickets.models import Ticket, TicketMerge
from tickets.panels import Place, build_panels
from tickets.saved_replies import FilledReply, list_filled_replies


def ticket_page(
    request: HttpRequest,
    ticket: Ticket,
    *,
    reply: ReplyForm | None = None,
    text: str = "",
    unseen: Sequence[Message] = (),
    status: int = 200,
) -> HttpResponse:
    """The page of a ticket from `read_ticket`; with what was written and not sent: a form with
    errors, or a text and what its author had not seen. A closed ticket whose matter goes on in
    another shows only the way.

    Takes 12 queries at most, and a supervisor's of a ticket that others were merged into 13.
    """
    merges = read_merges(ticket)
    entries = list_entries(ticket, merges)
    if reply is None:
        reply = ReplyForm(initial={"text": text, "seen": newest_id(entries)})
    successor_id = getattr(ticket, "successor_id", None)
    successor = Ticket.objects.get(pk=successor_id) if successor_id else None
    may_work = request.user.has_perm("tickets.change_ticket") and successor is None
    past_tickets, candidates = read_other_tickets(ticket)
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
        "merged_by": next((each for each in merges if each.merged_id == ticket.pk), None),
        "merges": _merges_into(ticket, merges),
        "merge_candidates": candidates if may_work else [],
        "unsent": text if successor else "",
        "sort_form": SortForm(initial={"priority": ticket.priority, "category": ticket.category}),
        "may_work": may_work,
        "colleagues": _colleagues(request) if may_work else [],
        "status": status_label(ticket),
        "priority": priority_label(ticket),
        "late": is_overdue(ticket, timezone.now()),
        "waiting_since": getattr(ticket, "waiting_since", None),
        "agent_holds": ticket.conversation.handler == Conversation.Handler.AGENT,
        "identifiers": read_addresses(ticket),
        "past_tickets": past_tickets,
        "events": read_events(ticket),
        "rating": getattr(ticket, "satisfaction", None),
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
    of theirs with the way to where it was said. `merges` is `read_merges`."""
    theirs = [merge.merged for merge in _merges_into(ticket, merges)]
    origins = {each.conversation_id: _origin(each) for each in theirs}
    return [
        replace(entry, marks=(origin, *entry.marks))
        if (origin := origins.get(entry.message.conversation_id))
        else entry
        for entry in list_timeline(ticket.conversation, *(each.conversation for each in theirs))
    ]


def _merges_into(ticket: Ticket, merges: Sequence[TicketMerge]) -> list[TicketMerge]:
    return [merge for merge in merges if merge.merged_id != ticket.pk]


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


def _colleagues(request: HttpRequest) -> list[tuple[str, str]]:
    """Whom this member of staff may give a ticket to; nobody unless they assign work."""
    if not request.user.has_perm("crm.change_conversation"):
        return []
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("first_name", "username")
    return [("", _("nobody")), *((str(user.pk), str(user)) for user in staff)]


def _saved_replies(request: HttpRequest, ticket: Ticket) -> list[FilledReply]:
    return list_filled_replies(ticket, staff=cast("User", request.user))
