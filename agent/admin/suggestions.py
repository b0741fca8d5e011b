"""What people are offered to answer with, and what became of it."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.admin.labels import OFFER_TONES
from agent.models import Suggestion
from agent.suggestions.use import PREFIX, Figures, read_figures
from crm.admin.base import ReadOnlyAdmin, display
from crm.keys import parse_key
from crm.models import Conversation, Message
from tickets.models import Ticket
from tickets.panels import Place, ticket_panel
from tickets.services import get_ticket_of_conversation


@ticket_panel(Place.REPLY, order=10)
def offers_panel(request: HttpRequest, ticket: Ticket) -> str:
    """The offers for what waits; each goes into the reply box by one click."""
    held = ticket.conversation.handler == Conversation.Handler.STAFF
    if not held or ticket.is_finished() or not request.user.has_perm("agent.view_suggestion"):
        return ""
    waiting = Message.objects.awaiting_answer().filter(conversation=OuterRef("conversation"))
    offers = list(
        Suggestion.objects.filter(
            Exists(waiting), conversation=ticket.conversation_id, reply__isnull=True
        )
        .select_related("ticket")
        .order_by("position")
    )
    if not offers:
        return ""
    context = {"offers": offers, "prefix": PREFIX}
    return render_to_string("agent/admin/_offers.html", context, request=request)


@admin.register(Suggestion)
class SuggestionAdmin(ReadOnlyAdmin[Suggestion]):
    """The offers that were used: which kind helps, and how much of it is rewritten."""

    list_display = ("show_offer", "show_kind", "show_kept", "used_by", "created_at")
    list_filter = (("kind", ChoicesDropdownFilter),)
    list_filter_submit = True
    list_before_template = "agent/admin/_offer_figures.html"
    list_select_related = ("conversation__customer", "used_by")
    search_fields = ("title", "conversation__subject")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Suggestion]:
        return super().get_queryset(request).filter(reply__isnull=False)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        figures = read_figures(now=timezone.now())
        rows = [(kind.label, figures.get(kind, Figures(0, None))) for kind in Suggestion.Kind]
        return super().changelist_view(request, {**(extra_context or {}), "figures": rows})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """On the page of the ticket that was answered with it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        offer = get_object_or_404(self.get_queryset(request), pk=parse_key(object_id))
        ticket = get_ticket_of_conversation(offer.conversation)
        if ticket is None:
            return redirect("admin:crm_conversation_change", offer.conversation_id)
        return redirect("admin:tickets_ticket_change", ticket.pk)

    @display(description=_("offer"), ordering="id")
    def show_offer(self, offer: Suggestion) -> str:
        return format_html(
            '<span class="ah-cell"><strong>{}</strong><span class="ah-cell__sub">{}</span></span>',
            offer.conversation,
            offer.text[:140],
        )

    @display(description=_("kind"), ordering="kind", label=OFFER_TONES)
    def show_kind(self, offer: Suggestion) -> tuple[str, str]:
        return offer.kind, offer.get_kind_display()

    @display(description=_("kept"), ordering="kept")
    def show_kept(self, offer: Suggestion) -> str:
        return "–" if offer.kept is None else f"{offer.kept:.0%}"
