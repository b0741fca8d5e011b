"""What a model is told of the company, with its history."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from agent.models import Briefing
from crm.admin.base import ModelAdmin

if TYPE_CHECKING:

    class SimpleHistoryAdmin: ...
else:
    from simple_history.admin import SimpleHistoryAdmin


@admin.register(Briefing)
class BriefingAdmin(SimpleHistoryAdmin, ModelAdmin[Briefing]):
    list_display = ("__str__",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # there is one, from the first migration on

    def has_delete_permission(self, request: HttpRequest, obj: Briefing | None = None) -> bool:
        return False
