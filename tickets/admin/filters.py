"""The inbox's views: what needs a person stands first and is what opens."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.admin.base import DropdownFilter, ModelAdmin
from tickets.inbox import overdue
from tickets.models import Ticket, TicketQuerySet

PARAMETER = "queue"
NEEDS_A_PERSON = "person"
MINE = "mine"
UNASSIGNED = "unassigned"
OVERDUE = "overdue"
ALL = "all"

QUEUES = [
    (NEEDS_A_PERSON, _("Needs a person")),
    (MINE, _("Mine")),
    (UNASSIGNED, _("Unassigned")),
    (OVERDUE, _("Overdue")),
    (ALL, _("All")),
]
# What an empty view says.
EMPTY = {
    NEEDS_A_PERSON: _("Nobody waits for a person."),
    MINE: _("Nothing is yours. Take a ticket from “Needs a person”, or have one assigned to you."),
    UNASSIGNED: _("Whatever needs a person has somebody who looks after it."),
    OVERDUE: _("No first answer is late. The times are set under Response targets."),
    ALL: _("Nobody has written yet."),
}


class QueueFilter(DropdownFilter):
    """One of the inbox's views. With no filter and no search it is what needs a person."""

    title = _("view")
    parameter_name = PARAMETER
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:
        self.fallback = chosen_queue(request)
        return list(QUEUES)

    def value(self) -> str:
        return super().value() or self.fallback

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        tickets, queue = cast("TicketQuerySet", queryset), self.value()
        if queue == MINE:
            return tickets.unfinished().filter(conversation__assigned_to=request.user.pk)
        if queue == UNASSIGNED:
            return tickets.needing_a_person().filter(conversation__assigned_to=None)
        if queue == OVERDUE:
            return tickets.filter(overdue(timezone.now()))
        return tickets.needing_a_person() if queue == NEEDS_A_PERSON else tickets


def chosen_queue(request: HttpRequest) -> str:
    """The view that the request shows: the one it names, or the one it comes down to."""
    untouched = not set(request.GET) - {"p", "o"}
    return request.GET.get(PARAMETER) or (NEEDS_A_PERSON if untouched else ALL)
