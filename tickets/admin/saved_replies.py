"""The answers that staff keep to use again."""

from django.contrib import admin

from crm.admin.base import ModelAdmin
from tickets.models import SavedReply


@admin.register(SavedReply)
class SavedReplyAdmin(ModelAdmin[SavedReply]):
    list_display = ("title", "language")
    search_fields = ("title", "text")
