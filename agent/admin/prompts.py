"""Prompts: their versions, what came of each, and which one answers."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from agent import prompt_versions
from agent.admin.labels import PROMPT_TONES, name_suite
from agent.evaluation import records
from agent.models import Prompt, PromptVersion
from agent.prompt_versions import PromptVersionError
from agent.prompts import RULES
from crm.admin.base import ModelAdmin, ReadOnlyAdmin, display
from crm.keys import parse_key
from crm.labels import Label
from crm.models import User


@admin.register(Prompt)
class PromptAdmin(ReadOnlyAdmin[Prompt]):
    """A prompt's page lists its versions with their figures."""

    list_display = ("name", "description")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/return/", wrap(previous), name="agent_prompt_return"),
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
        prompt = get_object_or_404(Prompt, pk=parse_key(object_id))
        outcomes = prompt_versions.measure_outcomes(prompt)
        suites = [(suite, name_suite(suite)) for suite in records.list_suites()]
        context = {
            **self.admin_site.each_context(request),
            "title": prompt.name,
            "opts": self.opts,
            "original": prompt,
            "prompt": prompt,
            "rules": RULES,
            "may_change": request.user.has_perm("agent.change_promptversion"),
            "suites": suites,
            "suite_names": dict(suites),
            "versions": [
                (version, _label(version), outcomes.get(version.pk))
                for version in prompt.versions.select_related("author")
            ],
        }
        return TemplateResponse(request, "agent/admin/prompt.html", context)


@admin.register(PromptVersion)
class PromptVersionAdmin(ModelAdmin[PromptVersion]):
    """One version: written here, and looked at; what happens to it is decided beside the others."""

    list_display = ("__str__", "show_state", "note", "author", "created_at")
    list_select_related = ("prompt", "author")
    fields = ("text", "note")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/activation/", wrap(activation), name="agent_prompt_activation"),
            path("<int:pk>/score/", wrap(score), name="agent_prompt_score"),
            path("<int:pk>/trial/", wrap(trial), name="agent_prompt_trial"),
            path("<int:pk>/trial/end/", wrap(trial_end), name="agent_prompt_trial_end"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: PromptVersion | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.may_change)

    def has_delete_permission(self, request: HttpRequest, obj: PromptVersion | None = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version begins as a copy of another."""
        source = PromptVersion.objects.filter(pk=parse_key(request.GET.get("from", ""))).first()
        return {"text": source.text} if source else {}

    def save_model(
        self,
        request: HttpRequest,
        obj: PromptVersion,
        form: Any,
        change: bool,
    ) -> None:
        if change:
            obj.save(update_fields=["text", "note"])
            return
        source = PromptVersion.objects.filter(pk=parse_key(request.GET.get("from", ""))).first()
        prompt = source.prompt if source else Prompt.objects.get(name="answer")
        version = prompt_versions.add_version(
            prompt=prompt,
            text=obj.text,
            note=obj.note,
            author=cast("User", request.user),
            now=timezone.now(),
        )
        obj.pk, obj.number, obj.prompt = version.pk, version.number, version.prompt

    def response_add(
        self, request: HttpRequest, obj: PromptVersion, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(request, _t("Kept as version %(number)d.") % {"number": obj.number})
        return _to_prompt(obj.prompt_id)

    def response_change(self, request: HttpRequest, obj: PromptVersion) -> HttpResponse:
        messages.success(request, _t("Version %(number)d was changed.") % {"number": obj.number})
        return _to_prompt(obj.prompt_id)

    @display(description=_("state"), ordering="state", label=PROMPT_TONES)
    def show_state(self, version: PromptVersion) -> tuple[str, str]:
        return version.state, version.get_state_display()


def activation(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives the version to every conversation."""
    refused = _refuse(request)
    if refused:
        return refused
    version = get_object_or_404(PromptVersion, pk=pk)
    prompt_versions.activate(version, now=timezone.now())
    messages.success(request, _t("Version %(number)d answers now.") % {"number": version.number})
    return _to_prompt(version.prompt_id)


def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives the version a share of the conversations."""
    refused = _refuse(request)
    if refused:
        return refused
    version = get_object_or_404(PromptVersion, pk=pk)
    try:
        share = int(request.POST.get("share", ""))
    except ValueError:
        share = 0
    try:
        prompt_versions.start_trial(version, share=share)
    except PromptVersionError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _t("Version %(number)d answers %(share)d %% of the conversations now.")
            % {"number": version.number, "share": share},
        )
    return _to_prompt(version.prompt_id)


def score(request: HttpRequest, pk: int) -> HttpResponse:
    """Has a suite of cases tried by the version."""
    refused = _refuse(request)
    if refused:
        return refused
    version = get_object_or_404(PromptVersion, pk=pk)
    suite = request.POST.get("suite", "")
    if suite in records.list_suites():
        prompt_versions.request_score(version, suite=suite)
        messages.success(request, _t("The cases are being tried. Reload the page for the score."))
    return _to_prompt(version.prompt_id)


def trial_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the version's share away."""
    refused = _refuse(request)
    if refused:
        return refused
    version = get_object_or_404(PromptVersion, pk=pk)
    prompt_versions.end_trial(version)
    messages.success(request, _t("The trial has ended."))
    return _to_prompt(version.prompt_id)


def previous(request: HttpRequest, pk: int) -> HttpResponse:
    """Returns to the version that was active before."""
    refused = _refuse(request)
    if refused:
        return refused
    prompt = get_object_or_404(Prompt, pk=pk)
    try:
        version = prompt_versions.return_to_previous(prompt, now=timezone.now())
    except PromptVersionError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _t("Version %(number)d answers again.") % {"number": version.number}
        )
    return _to_prompt(prompt.pk)


def _label(version: PromptVersion) -> Label:
    text = version.get_state_display()
    if version.state == PromptVersion.State.TRIAL:
        text = f"{text}: {version.share} %"
    return Label(text, PROMPT_TONES[version.state])


def _refuse(request: HttpRequest) -> HttpResponse | None:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm("agent.change_promptversion"):
        raise PermissionDenied
    return None


def _to_prompt(prompt_id: int) -> HttpResponse:
    return redirect("admin:agent_prompt_change", prompt_id)
