"""How much the configured models may be used, and what was used today."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agent.budgets import Spent, measure_today
from agent.models import ModelBudget
from crm.admin.base import ModelAdmin, display

if TYPE_CHECKING:

    class SimpleHistoryAdmin: ...
else:
    from simple_history.admin import SimpleHistoryAdmin


@admin.register(ModelBudget)
class ModelBudgetAdmin(SimpleHistoryAdmin, ModelAdmin[ModelBudget]):
    list_display = ("show_scope", "usd", "tokens", "show_used")
    readonly_fields = ("scope",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # there is one a scope, from the first migration on

    def has_delete_permission(self, request: HttpRequest, obj: ModelBudget | None = None) -> bool:
        return False

    @display(description=_("for"), ordering="scope")
    def show_scope(self, budget: ModelBudget) -> str:
        return budget.get_scope_display()

    @display(description=_("used today"))
    def show_used(self, budget: ModelBudget) -> Any:
        if budget.scope != ModelBudget.Scope.DAY:
            return "–"
        spent: Spent = measure_today(now=timezone.now())
        return _("$%(usd).2f, %(tokens)d tokens, %(unpriced)d calls of unknown price") % {
            "usd": spent.usd,
            "tokens": spent.tokens,
            "unpriced": spent.unpriced,
        }
