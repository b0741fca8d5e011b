"""Ratings, and the response times that each priority promises."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from crm.admin.base import ModelAdmin, ReadOnlyAdmin, display
from tickets.models import ResponseTarget, Satisfaction


@admin.register(Satisfaction)
class SatisfactionAdmin(ReadOnlyAdmin[Satisfaction]):
    empty_advice = _("Customers are asked for a rating on their ticket's page once it is solved.")
    list_display = ("show_score", "ticket", "comment", "show_channel", "created_at")
    list_filter = (
        "score",
        ("ticket__conversation__channel", ChoicesDropdownFilter),
    )
    list_select_related = ("ticket__conversation",)
    ordering = ("-created_at",)
    search_fields = ("comment", "ticket__subject")

    @display(description=_("score"), ordering="score")
    def show_score(self, rating: Satisfaction) -> str:
        return format_html(
            '<span class="ah-stars" title="{}/5">{}</span>', rating.score, "★" * rating.score
        )

    @display(description=_("channel"))
    def show_channel(self, rating: Satisfaction) -> str:
        return rating.ticket.conversation.get_channel_display()


@admin.register(ResponseTarget)
class ResponseTargetAdmin(ModelAdmin[ResponseTarget]):
    list_display = ("priority", "minutes")
