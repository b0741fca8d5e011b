"""Which team takes what, and what the customer is told at once."""

from django.contrib import admin

from crm.admin.base import ModelAdmin
from tickets.models import HandoverRule


@admin.register(HandoverRule)
class HandoverRuleAdmin(ModelAdmin[HandoverRule]):
    list_display = ("reason", "route", "notice", "language")
