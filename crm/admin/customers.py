"""Customers with all that identifies them and all that they wrote."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.admin import customer_merge
from crm.admin.base import ModelAdmin, ReadOnlyInline, display
from crm.models import Conversation, Customer, CustomerIdentifier


class IdentifierInline(ReadOnlyInline[CustomerIdentifier, Customer]):
    model = CustomerIdentifier
    fields = readonly_fields = ("kind", "address", "value", "show_trust", "created_at")

    @display(description=_("trust"))
    def show_trust(self, identifier: CustomerIdentifier) -> str:
        tone = customer_merge.TRUST_TONES[identifier.trust]
        return format_html(
            '<span class="ah-label{}">{}</span>',
            f" ah-label--{tone}" if tone else "",
            identifier.get_trust_display(),
        )


class ConversationInline(ReadOnlyInline[Conversation, Customer]):
    model = Conversation
    fields = readonly_fields = ("subject", "channel", "handler", "created_at", "last_message_at")
    show_change_link = True
    verbose_name_plural = _("conversations on every channel")
    ordering = ("-last_message_at",)
    per_page = 20


@admin.register(Customer)
class CustomerAdmin(ModelAdmin[Customer]):
    list_display = (
        "name",
        "show_address",
        "company",
        "language",
        "show_conversations",
        "created_at",
    )
    list_filter = ("language",)
    search_fields = ("name", "company")
    search_help_text = _("Name, company, e-mail or phone")
    show_full_result_count = False
    fields = ("name", "company", "language", "notes", "merged_into")
    readonly_fields = ("merged_into",)
    inlines = (IdentifierInline, ConversationInline)
    change_form_outer_before_template = "crm/admin/_customer_head.html"
    change_form_outer_after_template = "crm/admin/_merges.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:customer_id>/merge/",
                wrap(customer_merge.merge_page),
                name="crm_customer_merge",
            ),
            path(
                "<int:customer_id>/confirmation/",
                wrap(customer_merge.confirmation),
                name="crm_customer_confirmation",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = customer_merge.customer_context(request, object_id) | (extra_context or {})
        return super().change_view(request, object_id, form_url, context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Customers come to be by writing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                conversation_count=Coalesce(_conversations(), 0),
                first_address=Subquery(
                    CustomerIdentifier.objects.filter(customer=OuterRef("pk"))
                    .order_by("id")
                    .values("value")[:1]
                ),
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        """Without those that are merged into another: what they had is found there."""
        return queryset.filter(merged_into=None).filter(customer_merge.matching(search_term)), False

    @display(description=_("address"), ordering="first_address")
    def show_address(self, customer: Customer) -> str:
        """The first that the customer wrote from: two people may share a name."""
        return str(getattr(customer, "first_address", None) or "")

    @display(description=_("conversations"), ordering="conversation_count")
    def show_conversations(self, customer: Customer) -> int:
        return int(getattr(customer, "conversation_count", 0))


def _conversations() -> Subquery:
    """How many a customer has, counted for the rows of a page alone: a join would count all."""
    own = Conversation.objects.filter(customer=OuterRef("pk")).order_by()
    return Subquery(own.values("customer").annotate(n=Count("pk")).values("n"))
