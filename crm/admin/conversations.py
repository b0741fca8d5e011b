"""Conversations as staff read them; answering happens on the ticket's page."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import escape, format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from crm.admin.base import ReadOnlyAdmin, display
from crm.finding import find_conversations
from crm.keys import parse_key
from crm.models import Conversation, Message
from crm.original import POLICY, render_original
from crm.timeline import list_timeline


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin[Conversation]):
    list_display = (
        "show_subject", "channel", "show_handler", "assigned_to", "created_at", "last_message_at",
    )  # fmt: skip
    list_filter = (("channel", ChoicesDropdownFilter), ("handler", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("customer", "assigned_to")
    list_before_template = "crm/admin/_search_bounds.html"
    search_fields = ("subject",)
    search_help_text = _("Subject, customer, e-mail or words of a message")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        request.found = find_conversations(term)  # type: ignore[attr-defined]  # for the template
        return queryset.filter(pk__in=request.found.conversations), False  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        original = self.admin_site.admin_view(show_original)
        return [
            path("original/<int:message_id>/", original, name="crm_message_original"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        conversation = get_object_or_404(
            Conversation.objects.select_related("customer", "assigned_to"),
            pk=parse_key(object_id),
        )
        context = {
            **self.admin_site.each_context(request),
            "title": str(conversation),
            "opts": self.opts,
            "original": conversation,
            "conversation": conversation,
            "customer": conversation.customer,
            "entries": list_timeline(conversation),
        }
        return TemplateResponse(request, "crm/admin/conversation.html", context)

    @display(description=_("conversation"), ordering="subject")
    def show_subject(self, conversation: Conversation) -> str:
        return format_html(
            '<span class="ah-cell"><strong>{}</strong><span class="ah-cell__sub">{}</span></span>',
            conversation,
            conversation.customer,
        )

    @display(description=_("answers"), ordering="handler", label={"agent": "", "staff": "info"})
    def show_handler(self, conversation: Conversation) -> tuple[str, str]:
        return conversation.handler, conversation.get_handler_display()


def show_original(request: HttpRequest, message_id: int) -> HttpResponse:
    """The message as its sender formatted it; 404 if it came as plain text."""
    if not request.user.has_perm("crm.view_message"):
        raise PermissionDenied
    message = get_object_or_404(Message.objects.select_related("conversation"), pk=message_id)
    if not message.html:
        raise Http404
    response = HttpResponse(render_original(message, title=escape(message.conversation)))
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response
