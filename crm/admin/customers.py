"""Customers with all that identifies them and all that they wrote."""

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.admin.base import ModelAdmin, ReadOnlyInline, display
from crm.models import Conversation, Customer, CustomerIdentifier


class IdentifierInline(ReadOnlyInline[CustomerIdentifier, Customer]):
    model = CustomerIdentifier
    fields = readonly_fields = ("kind", "address", "value", "trust", "created_at")


class ConversationInline(ReadOnlyInline[Conversation, Customer]):
    model = Conversation
    fields = readonly_fields = ("subject", "channel", "handler", "created_at", "last_message_at")
    show_change_link = True
    verbose_name_plural = _("conversations on every channel")
    ordering = ("-last_message_at",)
    per_page = 20


@admin.register(Customer)
class CustomerAdmin(ModelAdmin[Customer]):
    list_display = ("name", "company", "language", "show_conversations", "created_at")
    list_filter = ("language",)
    search_fields = ("name", "company")
    search_help_text = _("Name, company, e-mail or phone")
    show_full_result_count = False
    fields = ("name", "company", "language", "notes", "merged_into")
    readonly_fields = ("merged_into",)
    inlines = (IdentifierInline, ConversationInline)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Customers come to be by writing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return super().get_queryset(request).annotate(conversation_count=Count("conversations"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        addresses = CustomerIdentifier.objects.filter(
            customer=OuterRef("pk"), value__icontains=term.lower()
        )
        found = Q(name__icontains=term) | Q(company__icontains=term) | Q(Exists(addresses))
        return queryset.filter(found), False

    @display(description=_("conversations"), ordering="conversation_count")
    def show_conversations(self, customer: Customer) -> int:
        return int(getattr(customer, "conversation_count", 0))
