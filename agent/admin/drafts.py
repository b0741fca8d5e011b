"""Answers that wait for a person: approve, edit or reject."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.admin.labels import DRAFT_TONES
from agent.drafts import DraftOutdatedError, approve_draft, reject_draft
from agent.models import Draft
from crm.admin.base import ReadOnlyAdmin, display
from crm.keys import parse_key
from crm.models import User
from tickets.admin.page import ticket_page
from tickets.admin.reading import read_ticket
from tickets.services import get_ticket_of_conversation


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin[Draft]):
    """The list of drafts. One is decided on its ticket's page, beside the conversation."""

    empty_advice = _(
        "An answer waits here for a person where the agent may not send by itself: with "
        "AUTONOMY=draft, or where an intent's level under Autonomy is “drafts”."
    )
    list_display = (
        "show_conversation", "show_state", "show_text", "show_confidence", "decided_by",
        "created_at", "decided_at",
    )  # fmt: skip
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("conversation__channel", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("conversation__customer", "decided_by", "run")
    ordering = ("-id",)
    search_fields = ("conversation__subject", "conversation__customer__name")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:draft_id>/approval/", wrap(approval), name="agent_draft_approval"),
            path("<int:draft_id>/rejection/", wrap(rejection), name="agent_draft_rejection"),
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
        draft = get_object_or_404(Draft, pk=parse_key(object_id))
        return _to_ticket(draft)

    @display(description=_("conversation"), ordering="id")
    def show_conversation(self, draft: Draft) -> str:
        return format_html(
            '<span class="ah-cell"><strong>{}</strong><span class="ah-cell__sub">{}</span></span>',
            draft.conversation,
            draft.conversation.customer,
        )

    @display(description=_("state"), ordering="state", label=DRAFT_TONES)
    def show_state(self, draft: Draft) -> tuple[str, str]:
        return draft.state, draft.get_state_display()

    @display(description=_("text"))
    def show_text(self, draft: Draft) -> str:
        return format_html('<span class="ah-cell">{}</span>', draft.text[:160])

    @display(description=_("sure"), ordering="run__confidence")
    def show_confidence(self, draft: Draft) -> str:
        return "" if draft.run.confidence is None else f"{draft.run.confidence:.0%}"


def approval(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Sends the draft as it stands in the form, edited or not."""
    refused = _refuse(request)
    if refused:
        return refused
    draft = get_object_or_404(
        Draft.objects.select_related("conversation__customer", "run"), pk=draft_id
    )
    text = request.POST.get("text", "").strip()
    if not text:
        messages.error(request, _t("An empty answer cannot be sent. Reject the draft instead."))
        return _to_ticket(draft)
    staff = cast("User", request.user)
    try:
        approve_draft(draft=draft, staff=staff, text=text, now=timezone.now())
    except DraftOutdatedError as outdated:
        messages.warning(request, _t("Not sent. %(why)s") % {"why": outdated})
        known = get_ticket_of_conversation(draft.conversation)
        ticket = read_ticket(known.pk) if known else None
        if ticket and text != draft.text.strip():
            return ticket_page(request, ticket, text=text)  # what was edited is not lost
    else:
        messages.success(request, _t("The answer is on its way."))
    return _to_ticket(draft)


def rejection(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Drops the draft; a person answers."""
    refused = _refuse(request)
    if refused:
        return refused
    draft = get_object_or_404(
        Draft.objects.select_related("conversation__customer", "run"), pk=draft_id
    )
    try:
        reject_draft(draft=draft, staff=cast("User", request.user), now=timezone.now())
    except DraftOutdatedError as outdated:
        messages.warning(request, str(outdated))
    else:
        messages.success(request, _t("Rejected. The conversation is with people now."))
    return _to_ticket(draft)


def _refuse(request: HttpRequest) -> HttpResponse | None:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm("agent.change_draft"):
        raise PermissionDenied
    return None


def _to_ticket(draft: Draft) -> HttpResponse:
    ticket = get_ticket_of_conversation(draft.conversation)
    if ticket is None:
        return redirect("admin:crm_conversation_change", draft.conversation_id)
    return redirect("admin:tickets_ticket_change", ticket.pk)
