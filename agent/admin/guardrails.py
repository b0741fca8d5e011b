"""The rules that keep a matter from every model, with their history."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.models import GuardrailRule
from crm.admin.base import ModelAdmin, display

if TYPE_CHECKING:

    class SimpleHistoryAdmin: ...
else:
    from simple_history.admin import SimpleHistoryAdmin


@admin.register(GuardrailRule)
class GuardrailRuleAdmin(SimpleHistoryAdmin, ModelAdmin[GuardrailRule]):
    list_display = ("priority", "name", "show_reason", "route", "show_patterns", "enabled")
    list_display_links = ("name",)
    list_filter = ("enabled", ("reason", ChoicesDropdownFilter))
    list_filter_submit = True
    search_fields = ("name", "route", "patterns")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "priority")}),
        (_("Where it goes"), {"fields": ("reason", "route")}),
        (_("What it catches"), {"fields": ("patterns", "must_match", "must_not_match")}),
    )

    @display(description=_("reason"), ordering="reason", label=True)
    def show_reason(self, rule: GuardrailRule) -> str:
        return rule.get_reason_display()

    @display(description=_("patterns"))
    def show_patterns(self, rule: GuardrailRule) -> int:
        return len(rule.patterns.split("\n"))
