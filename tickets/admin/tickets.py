"""The inbox, and the addresses of a ticket's page."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from crm.admin.base import ModelAdmin, display
from crm.finding import find_conversations
from crm.moments import show_moment
from crm.templatetags.console import until, waited
from tickets.admin import views
from tickets.admin.filters import ALL, EMPTY, PARAMETER, QUEUES, QueueFilter, chosen_queue
from tickets.admin.forms import InboxActionForm
from tickets.admin.labels import PRIORITY_TONES, STATUS_TONES, is_overdue, status_words
from tickets.admin.page import ticket_page
from tickets.inbox import URGENCY, with_urgency
from tickets.models import Ticket, TicketQuerySet

_NUMBER = re.compile(r"^\s*(?:TKT-?)?0*(\d{1,9})\s*$", re.IGNORECASE)


@admin.register(Ticket)
class TicketAdmin(ModelAdmin[Ticket]):
    """The inbox. A ticket is worked on, on its own page, and never edited as a form."""

    list_display = (
        "show_ticket", "show_status", "show_reason", "show_priority", "show_channel",
        "show_waiting", "show_due", "show_assignee",
    )  # fmt: skip
    list_filter = (
        QueueFilter,
        ("status", ChoicesDropdownFilter),
        ("escalation_reason", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
        ("conversation__channel", ChoicesDropdownFilter),
        ("category", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("conversation__customer", "conversation__assigned_to")
    list_before_template = "tickets/admin/_queues.html"
    show_full_result_count = False
    search_fields = ("number", "subject")
    search_help_text = _("TKT number, subject, customer, e-mail or words of a message")
    action_form = InboxActionForm
    actions = ("assign_to_me", "resolve")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Nobody finds a customer's key by asking for its letters one by one."""
        if "access_key" in lookup:
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> TicketQuerySet:
        tickets = with_urgency(Ticket.objects.all(), now=timezone.now())
        return tickets.order_by(*self.get_ordering(request))

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        return ["-id"] if chosen_queue(request) == ALL else list(URGENCY)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if match := _NUMBER.match(term):
            found = Q(number=int(match[1]))
            if term.upper().startswith("TKT"):
                return queryset.filter(found), False
        else:
            found = Q()
        request.found = find_conversations(term)  # type: ignore[attr-defined]  # for the template
        fitting = Q(conversation__in=request.found.conversations)  # type: ignore[attr-defined]
        return queryset.filter(found | fitting), False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(f"<int:object_id>/{name}/", wrap(view), name=f"tickets_ticket_{name}")
            for name, view in views.VIEWS.items()
        ]
        following = path("next/", wrap(views.next_ticket), name="tickets_ticket_next")
        return [following, *own, *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """An empty view says in its own words what that means."""
        tickets = super().get_changelist_instance(request)
        if not set(request.GET) - {PARAMETER, "p", "o"}:
            tickets.empty_advice = EMPTY.get(chosen_queue(request), "")  # type: ignore[attr-defined]
        return tickets

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = chosen_queue(request)
        queues = [(name, title, name == shown) for name, title in QUEUES]
        context = {**(extra_context or {}), "queues": queues, "title": _("Tickets")}
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        ticket = views.get_ticket(request, object_id)
        if ticket is None:
            raise Http404
        return ticket_page(request, ticket)

    @display(description=_("ticket"), ordering="number")
    def show_ticket(self, ticket: Ticket) -> str:
        return format_html(
            '<span class="ah-cell"><strong>{}</strong>'
            '<span class="ah-cell__sub">{} · {}</span></span>',
            ticket.subject,
            ticket.reference,
            ticket.conversation.customer,
        )

    @display(description=_("status"), ordering="status", label=STATUS_TONES)
    def show_status(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.status, status_words(ticket)

    @display(description=_("reason"), ordering="escalation_reason", empty_value="")
    def show_reason(self, ticket: Ticket) -> str:
        return ticket.get_escalation_reason_display()

    @display(description=_("priority"), ordering="priority_rank", label=PRIORITY_TONES)
    def show_priority(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.priority, ticket.get_priority_display()

    @display(description=_("channel"), ordering="conversation__channel")
    def show_channel(self, ticket: Ticket) -> str:
        return format_html(
            '<span class="ah-nowrap">{}</span>', ticket.conversation.get_channel_display()
        )

    @display(description=_("waiting"), ordering="waiting_since", empty_value="")
    def show_waiting(self, ticket: Ticket) -> str:
        return _moment(getattr(ticket, "waiting_since", None), waited)

    @display(description=_("answer due"), ordering="due_at", empty_value="")
    def show_due(self, ticket: Ticket) -> str:
        if ticket.due_at is None or ticket.is_finished():
            return ""
        time = _moment(ticket.due_at, until)
        if is_overdue(ticket, timezone.now()):
            return format_html('<span class="ah-late">{} {}</span>', time, _t("late"))
        return time

    @display(description=_("assigned to"), ordering="conversation__assigned_to", empty_value="–")
    def show_assignee(self, ticket: Ticket) -> str | None:
        assignee = ticket.conversation.assigned_to
        return str(assignee) if assignee else None

    @admin.action(description=_("Assign to me"), permissions=["change"])
    def assign_to_me(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        views.assign_all(request, queryset)

    @admin.action(description=_("Resolve"), permissions=["change"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        views.resolve_all(request, queryset)


def _moment(moment: datetime | None, show: Callable[[datetime], str]) -> str:
    if moment is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        show_moment(moment),
        show(moment),
    )
