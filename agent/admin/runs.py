"""The agent's runs: a list, and each one as a story, step by step."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.admin.labels import (
    DECISION_TONES,
    STATE_TONES,
    describe_step,
    outcome,
    outcome_label,
)
from agent.models import AgentRun
from agent.questions import list_seen_messages
from agent.replays.requests import request_replay_of_run
from crm.admin.base import ReadOnlyAdmin, display
from crm.keys import parse_key
from crm.models import User

_MAY_REPLAY = "agent.add_replay"


@admin.register(AgentRun)
class AgentRunAdmin(ReadOnlyAdmin[AgentRun]):
    list_display = (
        "show_question", "show_outcome", "show_reason", "show_channel", "show_confidence",
        "show_tokens", "cost", "show_seconds", "started_at",
    )  # fmt: skip
    list_filter = (
        ("decision", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("conversation__channel", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("conversation__customer",)
    search_fields = ("conversation__subject", "conversation__customer__name", "explanation")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(
            AgentRun.objects.select_related(
                "conversation__customer", "message", "reply", "prompt_version__prompt"
            ),
            pk=parse_key(object_id),
        )
        ticket = run.conversation.tickets.order_by("-id").first()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Run %(id)s") % {"id": run.pk},
            "opts": self.opts,
            "original": run,
            "run": run,
            "ticket": ticket,
            "outcome": outcome_label(run),
            "asked": list_seen_messages(run),
            "calls": run.calls.all(),
            "may_replay": run.state == AgentRun.State.DONE and request.user.has_perm(_MAY_REPLAY),
            "steps": [describe_step(step) for step in run.steps.all()],
        }
        return TemplateResponse(request, "agent/admin/run.html", context)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(ask_again)
        return [path("<int:run_id>/replay/", view, name="agent_run_replay"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentRun]:
        return super().get_queryset(request).defer("draft", "sources")

    @display(description=_("conversation"), ordering="id")
    def show_question(self, run: AgentRun) -> str:
        return format_html(
            '<span class="ah-cell"><strong>{}</strong><span class="ah-cell__sub">{}</span></span>',
            run.conversation,
            run.conversation.customer,
        )

    @display(
        description=_("decision"), ordering="decision", label={**STATE_TONES, **DECISION_TONES}
    )
    def show_outcome(self, run: AgentRun) -> tuple[str, str]:
        key, text, _tone = outcome(run)
        return key, text

    @display(description=_("reason"), ordering="reason")
    def show_reason(self, run: AgentRun) -> str:
        return run.get_reason_display()

    @display(description=_("channel"))
    def show_channel(self, run: AgentRun) -> str:
        return run.conversation.get_channel_display()

    @display(description=_("sure"), ordering="confidence")
    def show_confidence(self, run: AgentRun) -> str:
        return "" if run.confidence is None else f"{run.confidence:.0%}"

    @display(description=_("tokens"), ordering="input_tokens")
    def show_tokens(self, run: AgentRun) -> str:
        return f"{run.input_tokens} + {run.output_tokens}"

    @display(description=_("seconds"))
    def show_seconds(self, run: AgentRun) -> str:
        return "" if run.seconds is None else f"{run.seconds:.1f}"


def ask_again(request: HttpRequest, run_id: int) -> HttpResponse:
    """Asks what the run was asked once more, as things are today; nothing is sent to anybody."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm(_MAY_REPLAY):
        raise PermissionDenied
    run = get_object_or_404(AgentRun, pk=run_id, state=AgentRun.State.DONE)
    staff = cast("User", request.user)
    replay = request_replay_of_run(run, staff=staff, now=timezone.now())
    return redirect("admin:agent_replay_change", replay.pk)
