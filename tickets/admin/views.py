"""What staff do to a ticket. Every view but the timeline takes a POST and calls one service."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import services as crm
from crm.keys import parse_key
from crm.models import User
from tickets import services
from tickets.admin.forms import ReplyForm, SortForm
from tickets.admin.page import list_entries, ticket_page, timeline_context
from tickets.admin.reading import read_merges, read_ticket
from tickets.inbox import URGENCY, with_urgency
from tickets.ledger import get_standing_merge
from tickets.merging import (
    TicketMergeError,
    merge_tickets,
    unmerge_tickets,
)
from tickets.models import Ticket
from tickets.replies import StaleReplyError, send_reply
from tickets.triage import assign_ticket, sort_ticket

Work = Callable[[HttpRequest, Ticket, User], HttpResponse | None]
View = Callable[[HttpRequest, int], HttpResponse]


def get_ticket(request: HttpRequest, ticket_id: int | str) -> Ticket | None:
    """The gate of the console: the ticket, if this member of staff may view tickets.

    Raises PermissionDenied otherwise.
    """
    if not request.user.has_perm("tickets.view_ticket"):
        raise PermissionDenied
    return read_ticket(parse_key(ticket_id))


def next_ticket(request: HttpRequest) -> HttpResponse:
    """The most urgent ticket that needs a person and is not somebody else's, but for `after`."""
    if not request.user.has_perm("tickets.view_ticket"):
        raise PermissionDenied
    after = request.GET.get("after", "")
    waiting = with_urgency(Ticket.objects.needing_a_person(), now=timezone.now())
    free = Q(conversation__assigned_to=None) | Q(conversation__assigned_to=request.user.pk)
    chosen = (
        waiting.filter(free)
        .exclude(pk=parse_key(after))
        .order_by(*URGENCY)
        .values_list("pk", flat=True)
        .first()
    )
    if chosen is None:
        messages.success(request, _("Nobody else waits for a person."))
        return redirect("admin:tickets_ticket_changelist")
    return redirect("admin:tickets_ticket_change", chosen)


def timeline(request: HttpRequest, object_id: int) -> HttpResponse:
    """The conversation alone, for the page to refresh itself with; 204 if nothing is new."""
    ticket = get_ticket(request, object_id)
    if ticket is None:
        raise Http404
    context = timeline_context(ticket, list_entries(ticket, read_merges(ticket)))
    if request.GET.get("version") == context["version"]:
        return HttpResponse(status=204)
    return render(request, "tickets/admin/_timeline.html", context)


def _worked(work: Work) -> View:
    """A POST by staff who may work on tickets; then back to the ticket's page.

    On a closed ticket whose matter goes on in another it changes nothing and says so.
    """

    def view(request: HttpRequest, object_id: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("tickets.change_ticket"):
            raise PermissionDenied
        ticket = get_ticket(request, object_id)
        if ticket is None:
            raise Http404
        try:
            response = work(request, ticket, cast("User", request.user))
        except services.TicketSucceededError as succeeded:
            messages.warning(request, _("Nothing was done: it goes on in %s.") % succeeded)
            ticket = read_ticket(ticket.pk) or ticket  # as it has become meanwhile
            return ticket_page(request, ticket, text=request.POST.get("text", ""), status=409)
        return response or redirect("admin:tickets_ticket_change", ticket.pk)

    return view


@_worked
def reply(request: HttpRequest, ticket: Ticket, staff: User) -> HttpResponse | None:
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return ticket_page(request, ticket, reply=form)
    now, text, then = timezone.now(), form.cleaned_data["text"], form.cleaned_data["then"]
    if then == ReplyForm.Then.NOTE:
        crm.add_note(conversation=ticket.conversation, staff=staff, text=text, now=now)
        return None
    try:
        send_reply(
            ticket=ticket,
            staff=staff,
            text=text,
            seen=form.cleaned_data["seen"],
            resolve=then == ReplyForm.Then.RESOLVE,
            used=form.cleaned_data["used"],
            now=now,
        )
    except StaleReplyError as stale:
        return ticket_page(request, ticket, text=text, unseen=stale.messages)
    if then == ReplyForm.Then.RESOLVE:
        messages.success(request, _("Sent, and %(ticket)s is resolved.") % _named(ticket))
    return None


@_worked
def takeover(request: HttpRequest, ticket: Ticket, staff: User) -> None:
    services.take_over_ticket(ticket=ticket, staff=staff, now=timezone.now())
    messages.success(request, _("You hold the conversation now; the agent stays out of it."))


@_worked
def handback(request: HttpRequest, ticket: Ticket, staff: User) -> None:
    if services.hand_back_ticket(ticket=ticket, staff=staff, now=timezone.now()):
        messages.success(request, _("The agent holds the conversation again."))
    else:
        messages.info(request, _("The agent holds the conversation already."))


@_worked
def resolution(request: HttpRequest, ticket: Ticket, staff: User) -> None:
    seen = _seen(request)
    if services.resolve_ticket(ticket=ticket, actor=str(staff), now=timezone.now(), seen=seen):
        messages.success(request, _("%(ticket)s is resolved.") % _named(ticket))
    elif _is_finished(ticket):
        messages.info(request, _("%(ticket)s was finished already.") % _named(ticket))
    else:
        messages.warning(request, _("Not resolved: the customer has written. Read it first."))


@_worked
def closure(request: HttpRequest, ticket: Ticket, staff: User) -> None:
    seen = _seen(request)
    if services.close_ticket(ticket=ticket, actor=str(staff), now=timezone.now(), seen=seen):
        messages.success(request, _("%(ticket)s is closed.") % _named(ticket))
    elif Ticket.objects.filter(pk=ticket.pk, status=Ticket.Status.CLOSED).exists():
        messages.info(request, _("%(ticket)s was closed already.") % _named(ticket))
    else:
        messages.warning(request, _("Not closed: the customer has written. Read it first."))


@_worked
def assignment(request: HttpRequest, ticket: Ticket, staff: User) -> None:
    """To oneself, or to whom the form names, which takes the right to assign work."""
    assignee: User | None = staff
    if "assignee" in request.POST:
        if not request.user.has_perm("crm.change_conversation"):
            raise PermissionDenied
        chosen = request.POST["assignee"]
        assignee = None
        if chosen:
            assignee = User.objects.filter(
                pk=parse_key(chosen), is_staff=True, is_active=True
            ).first()
            if assignee is None:
                messages.error(request, _("This person cannot take tickets."))
                return
    assign_ticket(ticket=ticket, assignee=assignee, actor=staff, now=timezone.now())


@_worked
def triage(request: HttpRequest, ticket: Ticket, staff: User) -> None:
    form = SortForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a priority and a category from the lists."))
        return
    sort_ticket(
        ticket=ticket,
        priority=form.cleaned_data["priority"],
        category=form.cleaned_data["category"],
        actor=staff,
        now=timezone.now(),
    )


@_worked
def merge(request: HttpRequest, ticket: Ticket, staff: User) -> HttpResponse | None:
    """This ticket goes on in the one that the form names."""
    survivor = get_ticket(request, request.POST.get("into", ""))
    if survivor is None:
        messages.error(request, _("Choose the ticket that it goes on in."))
        return None
    try:
        merge_tickets(survivor=survivor, merged=ticket, by=staff, now=timezone.now())
    except TicketMergeError as problem:
        messages.error(request, str(problem))
        return None
    text = _("%(ticket)s goes on here. It can be undone at the side.")
    messages.success(request, text % _named(ticket))
    return redirect("admin:tickets_ticket_change", survivor.pk)


@_worked
def undoing(request: HttpRequest, ticket: Ticket, staff: User) -> None:
    """Undoes the merge that took this ticket into another."""
    standing = get_standing_merge(ticket)
    try:
        if standing is None:
            raise TicketMergeError(_("This merge was undone already."))
        unmerge_tickets(merge=standing, by=staff, now=timezone.now())
    except TicketMergeError as problem:
        messages.error(request, str(problem))
    else:
        text = _("%(ticket)s is a ticket of its own again.")
        messages.success(request, text % _named(ticket))


# By the last part of their addresses, `…/tickets/ticket/<id>/<name>/`.
VIEWS: dict[str, View] = {
    "timeline": timeline,
    "reply": reply,
    "takeover": takeover,
    "handback": handback,
    "resolution": resolution,
    "closure": closure,
    "assignment": assignment,
    "triage": triage,
    "merge": merge,
    "undoing": undoing,
}


def assign_all(request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
    """The inbox's action on what was ticked."""
    staff, now = cast("User", request.user), timezone.now()
    count = sum(
        assign_ticket(ticket=ticket, assignee=staff, actor=staff, now=now) for ticket in tickets
    )
    text = ngettext("%(count)d ticket is yours now.", "%(count)d tickets are yours now.", count)
    messages.success(request, text % {"count": count})


def resolve_all(request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
    """The inbox's action on what was ticked, but for where the customer wrote after the list
    was shown."""
    staff, now, seen = str(request.user), timezone.now(), _seen(request)
    count = unread = 0
    for ticket in tickets:
        if services.resolve_ticket(ticket=ticket, actor=staff, now=now, seen=seen):
            count += 1
        elif not _is_finished(ticket):
            unread += 1
    text = ngettext("%(count)d ticket resolved.", "%(count)d tickets resolved.", count)
    messages.success(request, text % {"count": count})
    if unread:
        text = ngettext(
            "%(count)d ticket was left alone: its customer has written. Read it first.",
            "%(count)d tickets were left alone: their customers have written. Read them first.",
            unread,
        )
        messages.warning(request, text % {"count": unread})


def _seen(request: HttpRequest) -> int:
    """The newest message on the page that was sent; without one, nothing was seen."""
    return parse_key(request.POST.get("seen", ""))


def _is_finished(ticket: Ticket) -> bool:
    return not Ticket.objects.unfinished().filter(pk=ticket.pk).exists()


def _named(ticket: Ticket) -> dict[str, str]:
    return {"ticket": ticket.reference}
