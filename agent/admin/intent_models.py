"""What the desk has learned about intents, how good it is, and the way back to what was before."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from agent.intents.activation import activate
from agent.intents.examples import request_training_now
from agent.models import Intent, IntentModel
from crm.admin.base import ReadOnlyAdmin, display
from crm.keys import parse_key


@admin.register(IntentModel)
class IntentModelAdmin(ReadOnlyAdmin[IntentModel]):
    list_display = (
        "created_at", "show_state", "show_accuracy", "show_none_caught", "intents", "examples",
        "seconds",
    )  # fmt: skip
    list_before_template = "agent/admin/_train_intents.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("training/", wrap(training), name="agent_intentmodel_training"),
            path("<int:pk>/activation/", wrap(activation), name="agent_intentmodel_activation"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("weights", "judged")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_train = request.user.has_perm("agent.add_intentmodel")
        return super().changelist_view(request, {"may_train": may_train, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        model = get_object_or_404(self.get_queryset(request), pk=parse_key(object_id))
        titles = dict(Intent.objects.values_list("name", "title"))
        context = {
            **self.admin_site.each_context(request),
            "title": str(model),
            "opts": self.opts,
            "original": model,
            "model": model,
            "may_activate": request.user.has_perm("agent.change_intentmodel"),
            "figures": [
                (_("right intent"), self.show_accuracy(model)),
                (_("kept in scope"), f"{model.kept:.1%}"),
                (_("out of scope recognised"), self.show_none_caught(model)),
            ],
            "left_out": [titles.get(name, name) for name in model.left_out],
            "confusions": [
                (titles.get(was, was), titles.get(seemed, seemed), count)
                for was, seemed, count in model.confusions
            ],
        }
        return TemplateResponse(request, "agent/admin/intent_model.html", context)

    @display(description=_("state"), ordering="is_active", label={"active": "success"})
    def show_state(self, model: IntentModel) -> tuple[str, str]:
        if model.is_active:
            return "active", _t("active")
        return "", _t("not activated") if model.note else _t("earlier")

    @display(description=_("right intent"), ordering="accuracy")
    def show_accuracy(self, model: IntentModel) -> str:
        return f"{model.accuracy:.1%}"

    @display(description=_("out of scope recognised"), ordering="none_caught")
    def show_none_caught(self, model: IntentModel) -> str:
        return "–" if model.none_caught is None else f"{model.none_caught:.1%}"


def training(request: HttpRequest) -> HttpResponse:
    """Learns from all examples at once, also if none has changed."""
    refused = _refuse(request, "agent.add_intentmodel")
    if refused:
        return refused
    request_training_now()
    messages.success(request, _t("It is being learned; look again in a minute."))
    return redirect("admin:agent_intentmodel_changelist")


def activation(request: HttpRequest, pk: int) -> HttpResponse:
    """Uses this model from now on."""
    refused = _refuse(request, "agent.change_intentmodel")
    if refused:
        return refused
    activate(get_object_or_404(IntentModel.objects.defer("weights"), pk=pk))
    messages.success(request, _t("This model reads the messages now."))
    return redirect("admin:agent_intentmodel_change", pk)


def _refuse(request: HttpRequest, permission: str) -> HttpResponse | None:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return None
