"""The rules that keep a matter from every model, with their history, and their trials."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.admin.guardrail_trials import adoption, trial_page
from agent.admin.labels import RULE_TONES
from agent.guardrails.submission import request_trial, submit_rule
from agent.models import GuardrailRule
from agent.patterns import list_lines
from crm.admin.base import ModelAdmin, action, display
from crm.models import User

if TYPE_CHECKING:

    class SimpleHistoryAdmin: ...
else:
    from simple_history.admin import SimpleHistoryAdmin

# What unfold calls the button: the application, the model and the method.
TRY = "agent_guardrailrule_try_rule"


@admin.register(GuardrailRule)
class GuardrailRuleAdmin(SimpleHistoryAdmin, ModelAdmin[GuardrailRule]):
    list_display = (
        "priority", "name", "show_state", "show_stage", "show_action", "show_reason", "route",
        "show_looks_for", "enabled",
    )  # fmt: skip
    list_display_links = ("name",)
    list_filter = (
        "enabled",
        ("state", ChoicesDropdownFilter),
        ("stage", ChoicesDropdownFilter),
        ("action", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("name", "route", "patterns", "examples")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "priority")}),
        (_("Where it looks, and what follows"), {"fields": ("stage", "action", "reason", "route")}),
        (_("What it catches"), {"fields": ("patterns", "examples", "threshold")}),
        (
            _("What is tried before it goes into force"),
            {"fields": ("must_match", "must_not_match")},
        ),
    )
    actions_submit_line = ("try_rule",)
    change_form_outer_before_template = "agent/admin/_rule_state.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("trials/<int:trial_id>/", wrap(trial_page), name="agent_guardrailtrial_change"),
            path(
                "trials/<int:trial_id>/adoption/", wrap(adoption), name="agent_guardrailtrial_adopt"
            ),
            *super().get_urls(),
        ]

    @action(description=_("Try on the last 500 messages"), permissions=["change"])
    def try_rule(self, request: HttpRequest, rule: GuardrailRule) -> None:
        """The button; `save_model` does it, as nothing is saved."""

    def save_model(self, request: HttpRequest, obj: GuardrailRule, form: Any, change: bool) -> None:
        now = timezone.now()
        if TRY in request.POST:
            actor = cast("User", request.user)
            obj._trial = request_trial(obj, actor=actor, now=now)  # type: ignore[attr-defined]
            return
        submit_rule(obj, now=now)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if TRY in request.POST else super().log_change(request, obj, message)

    def response_change(self, request: HttpRequest, obj: GuardrailRule) -> HttpResponse:
        if TRY in request.POST:
            return redirect("admin:agent_guardrailtrial_change", obj._trial.pk)  # type: ignore[attr-defined]
        if obj.state == GuardrailRule.State.CHECKING:
            messages.info(
                request,
                _t(
                    "Its examples are being tried by meaning. Until they hold, the version of "
                    "before stays in force."
                ),
            )
        return super().response_change(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[GuardrailRule]:
        return super().get_queryset(request).select_related("in_force")

    @display(description=_("state"), ordering="state", label=RULE_TONES)
    def show_state(self, rule: GuardrailRule) -> tuple[str, str]:
        return rule.state, rule.get_state_display()

    @display(description=_("looks at"), ordering="stage")
    def show_stage(self, rule: GuardrailRule) -> str:
        return rule.get_stage_display()

    @display(description=_("what follows"), ordering="action")
    def show_action(self, rule: GuardrailRule) -> str:
        return rule.get_action_display()

    @display(description=_("reason"), ordering="reason", label=True)
    def show_reason(self, rule: GuardrailRule) -> str:
        return rule.get_reason_display()

    @display(description=_("patterns + sentences"))
    def show_looks_for(self, rule: GuardrailRule) -> str:
        return f"{len(list_lines(rule.patterns))} + {len(list_lines(rule.examples))}"
