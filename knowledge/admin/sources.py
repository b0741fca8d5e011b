"""Sources in the console: add, read now, see how it goes and what went wrong."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from knowledge.admin.base import ModelAdmin, display
from knowledge.models import KnowledgeSource, SourceDocument
from knowledge.sources import change_schedule, request_reading
from knowledge.web.addresses import RefusedAddressError, normalised

_SHOWN_PROBLEMS = 200
Kind = KnowledgeSource.Kind
State = SourceDocument.State


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        kind = cleaned.get("kind", self.instance.kind)
        lines = [line.strip() for line in cleaned.get("addresses", "").splitlines()]
        lines = [line for line in lines if line]
        if kind in KnowledgeSource.WEB_KINDS and "addresses" in cleaned:
            try:
                cleaned["addresses"] = "\n".join(normalised(line) for line in lines)
            except RefusedAddressError as error:
                self.add_error("addresses", ValidationError(str(error)))
            if not lines:
                self.add_error("addresses", ValidationError(_("Give at least one address.")))
        return cleaned


@admin.register(KnowledgeSource)
class KnowledgeSourceAdmin(ModelAdmin[KnowledgeSource]):
    form = SourceForm
    list_display = [
        "name",
        "kind",
        "show_state",
        "show_progress",
        "show_problems",
        "schedule",
        "read_at",
        "next_read_at",
    ]
    list_filter = ["kind", "state"]
    search_fields = ["name", "addresses"]
    actions = ["read_selected"]
    change_form_outer_before_template = "knowledge/admin/_source.html"
    fieldsets = [
        (None, {"fields": ["name", "kind", "addresses", "schedule"]}),
        (
            _("Its articles"),
            {"fields": ["audience", "language", "product", "topic", "new_articles", "owner"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[KnowledgeSource]:
        skipped = Count("documents", filter=Q(documents__state=State.SKIPPED))
        return super().get_queryset(request).annotate(skipped=skipped)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # The articles are tied to their source by its name.
        return ["name", "kind"] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or obj.is_web():
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["name", "kind"]}), *self.fieldsets[1:]]

    def formfield_for_choice_field(self, db_field: Any, request: Any, **options: Any) -> Any:
        if db_field.name == "kind":
            # Folders come by the command, uploads by their own page.
            options["choices"] = [(kind.value, kind.label) for kind in (Kind.SITEMAP, Kind.PAGES)]
        return super().formfield_for_choice_field(db_field, request, **options)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With what the last reading, or the one that is going on, has done."""
        documents = SourceDocument.objects.filter(source__pk=object_id)
        counts = Counter(dict(documents.values_list("state").annotate(n=Count("pk")).order_by()))
        told = documents.exclude(problem="").exclude(state__in=[State.WAITING, State.UNCHANGED])
        context = {
            "outcomes": [(state, state.label, counts[state]) for state in State if counts[state]],
            "told": told.select_related("article").order_by("state", "path")[:_SHOWN_PROBLEMS],
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def save_model(
        self, request: HttpRequest, obj: KnowledgeSource, form: Any, change: bool
    ) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            change_schedule(obj, now=timezone.now())
            if obj.is_web() and (not change or "addresses" in form.changed_data):
                request_reading(obj.pk, user_id=request.user.pk)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.readings)
        return [
            path("<int:pk>/readings/", view, name="knowledge_knowledgesource_readings"),
            *super().get_urls(),
        ]

    def readings(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST has the worker read the source now."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        if not request_reading(pk, user_id=request.user.pk):
            self.message_user(request, _("It is being read already."), messages.WARNING)
        return redirect("admin:knowledge_knowledgesource_change", pk)

    @admin.action(description=_("Read the selected sources now"), permissions=["change"])
    def read_selected(self, request: HttpRequest, queryset: QuerySet[KnowledgeSource]) -> None:
        for pk in queryset.values_list("pk", flat=True):
            request_reading(pk, user_id=request.user.pk)

    @display(
        description=_("state"),
        ordering="state",
        label={"read": "success", "failed": "danger", "reading": "info", "waiting": "info"},
    )
    def show_state(self, source: KnowledgeSource) -> tuple[str, str]:
        return source.state, source.get_state_display()

    @display(description=_("progress"))
    def show_progress(self, source: KnowledgeSource) -> str:
        if not source.total:
            return "–"
        return _("%(done)d of %(total)d") % {"done": source.done, "total": source.total}

    @display(description=_("skipped"), label={"0": "success", "some": "warning"})
    def show_problems(self, source: KnowledgeSource) -> tuple[str, str]:
        skipped = int(getattr(source, "skipped", 0))
        return ("0" if not skipped else "some"), str(skipped)
