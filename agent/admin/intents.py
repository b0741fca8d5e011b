"""Intents and their examples in the console: edited, imported, exported, learned from."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from import_export import fields, resources, widgets
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from agent.admin.intent_labels import label_page
from agent.intents.examples import request_training
from agent.intents.figures import FEWEST
from agent.models import Intent, IntentExample
from crm.admin.base import ModelAdmin, display
from crm.models import User
from knowledge.admin.tables import FORMATS

if TYPE_CHECKING:
    ImportingAdmin = ModelAdmin

    class ModelResource:
        """import_export ships no type information."""

        def after_save_instance(self, instance: IntentExample, row: Any, **kwargs: Any) -> None: ...
else:
    from import_export.admin import ImportExportModelAdmin
    from unfold.contrib.import_export.forms import ExportForm, ImportForm

    ModelResource = resources.ModelResource

    class ImportingAdmin(ModelAdmin, ImportExportModelAdmin):
        import_form_class = ImportForm
        export_form_class = ExportForm

        def __class_getitem__(cls, model):
            return cls


@admin.register(Intent)
class IntentAdmin(ModelAdmin[Intent]):
    list_display = ("title", "name", "show_risk", "show_examples")
    list_filter = (("risk", ChoicesDropdownFilter),)
    list_filter_submit = True
    search_fields = ("title", "name", "description")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("label/<int:message_id>/", wrap(label_page), name="agent_intent_label"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Intent]:
        return super().get_queryset(request).annotate(count=Count("examples"))

    def save_model(self, request: HttpRequest, obj: Intent, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "name" in form.changed_data:
            request_training()

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Intent) -> None:
        super().delete_model(request, obj)
        request_training()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Intent]) -> None:
        super().delete_queryset(request, queryset)
        request_training()

    @display(
        description=_("risk"),
        ordering="risk",
        label={"low": "success", "medium": "info", "high": "danger"},
    )
    def show_risk(self, intent: Intent) -> tuple[str, str]:
        return intent.risk, intent.get_risk_display()

    @display(description=_("examples"), ordering="count")
    def show_examples(self, intent: Intent) -> str:
        count = int(getattr(intent, "count", 0))
        few = _("%(count)d, too few to learn") % {"count": count}
        return str(count) if count >= FEWEST else str(few)


class IntentExampleResource(ModelResource):
    """A row is a text with the name of its intent, empty for none; a text that is there already
    gets the row's intent. Everything is imported or nothing."""

    intent = fields.Field(
        attribute="intent",
        column_name="intent",
        widget=widgets.ForeignKeyWidget(Intent, field="name"),
    )

    class Meta:
        model = IntentExample
        import_id_fields = ["text"]
        fields = ("text", "intent", "source")
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True

    def after_save_instance(self, instance: IntentExample, row: Any, **kwargs: Any) -> None:
        # The preview saves too, in a transaction that it rolls back, jobs and all.
        request_training()


@admin.register(IntentExample)
class IntentExampleAdmin(ImportingAdmin[IntentExample]):
    list_display = ("text", "show_intent", "source", "labelled_by", "created_at")
    list_filter = (("intent", RelatedDropdownFilter), ("source", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("intent", "labelled_by")
    show_full_result_count = False
    search_fields = ("text",)
    fields = ("text", "intent")
    resource_classes = [IntentExampleResource]
    formats = FORMATS

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def save_model(self, request: HttpRequest, obj: IntentExample, form: Any, change: bool) -> None:
        obj.labelled_by = cast("User", request.user)
        super().save_model(request, obj, form, change)
        request_training()

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: IntentExample) -> None:
        super().delete_model(request, obj)
        request_training()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[IntentExample]) -> None:
        super().delete_queryset(request, queryset)
        request_training()

    @display(description=_("intent"), ordering="intent__title")
    def show_intent(self, example: IntentExample) -> str:
        return str(example.intent or _("none of them"))
