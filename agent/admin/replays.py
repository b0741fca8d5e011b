"""Replays in the console: started with a form, watched, and read side by side."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.admin.labels import DECISION_TONES
from agent.models import AgentRun, Replay, ReplayResult
from agent.replays.requests import request_replay
from crm.admin.base import ModelAdmin, display
from crm.keys import parse_key
from crm.labels import Label
from crm.models import User

if TYPE_CHECKING:
    from django.forms import ModelForm

TONES = {"queued": "info", "running": "info", "done": "success", "failed": "danger"}
# What each kind of change needs to be told.
_NEEDS = {
    Replay.Kind.MODEL: "model",
    Replay.Kind.PROMPT: "prompt_version",
    Replay.Kind.RULE: "rule",
    Replay.Kind.ARTICLE: "article",
}
_MAX_SHOWN = 200


@admin.register(Replay)
class ReplayAdmin(ModelAdmin[Replay]):
    """The form adds a replay, which starts it; afterwards it is only read."""

    empty_advice = _(
        "A replay asks the last days' questions again with a changed model, prompt, guardrail or "
        "article, and shows which answers would be others. Nothing is sent to anybody."
    )
    list_display = ("show_what", "show_state", "days", "show_done", "started_by", "created_at")
    list_filter = (("kind", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = (
        "prompt_version__prompt", "rule", "article", "run__conversation", "started_by",
    )  # fmt: skip
    show_full_result_count = False
    autocomplete_fields = ("article",)
    conditional_fields = {
        "model": "kind == 'model'",
        "prompt_version": "kind == 'prompt'",
        "rule": "kind == 'rule'",
        "article": "kind == 'article'",
        "draft": "kind == 'article' || kind == 'rule'",
    }
    fieldsets = (
        (None, {"fields": ("kind", "days", "limit")}),
        (
            _("What changes"),
            {"fields": ("model", "prompt_version", "rule", "article", "draft")},
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> "type[ModelForm[Replay]]":
        base = super().get_form(request, obj, change, **kwargs)

        class ReplayForm(base):  # type: ignore[valid-type, misc]
            def clean(self) -> dict[str, Any]:
                values: dict[str, Any] = super().clean() or self.cleaned_data
                needed = _NEEDS.get(values.get("kind", ""))
                if needed and not values.get(needed):
                    self.add_error(needed, _("Say what changes."))
                return values

        return ReplayForm

    def save_model(self, request: HttpRequest, obj: Replay, form: Any, change: bool) -> None:
        request_replay(obj, staff=cast("User", request.user), now=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: Replay, post_url_continue: str | None = None
    ) -> HttpResponse:
        return redirect("admin:agent_replay_change", obj.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        replay = get_object_or_404(
            Replay.objects.select_related(*self.list_select_related), pk=parse_key(object_id)
        )
        results = list(
            replay.results.select_related("run__message", "run__conversation__customer")[
                :_MAX_SHOWN
            ]
        )
        context = {
            **self.admin_site.each_context(request),
            "title": str(replay),
            "opts": self.opts,
            "original": replay,
            "replay": replay,
            "state": Label(replay.get_state_display(), TONES[replay.state]),
            "counts": dict(
                replay.results.order_by().values_list("cause").annotate(count=Count("pk"))
            ),
            "changed": [_beside(one) for one in results if one.cause == "change"],
            "meanwhile": [_beside(one) for one in results if one.cause == "meanwhile"],
        }
        return TemplateResponse(request, "agent/admin/replay.html", context)

    @display(description=_("what changes"), ordering="kind")
    def show_what(self, replay: Replay) -> str:
        return format_html('<span class="ah-cell"><strong>{}</strong></span>', replay)

    @display(description=_("state"), ordering="state", label=TONES)
    def show_state(self, replay: Replay) -> tuple[str, str]:
        return replay.state, replay.get_state_display()

    @display(description=_("asked again"), ordering="done")
    def show_done(self, replay: Replay) -> str:
        return f"{replay.done} / {replay.total}"


def _beside(result: ReplayResult) -> tuple[ReplayResult, Label, Label]:
    """The result with what was and what would be decided as labels."""
    decisions = dict(AgentRun.Decision.choices)
    before, after = (
        Label(str(decisions[action]), DECISION_TONES[action])
        for action in (result.before_action, result.after_action)
    )
    return result, before, after
