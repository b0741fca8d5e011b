"""Which embedding models have vectors, read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from knowledge.admin.base import ModelAdmin, display
from knowledge.models import EmbeddingIndex


@admin.register(EmbeddingIndex)
class EmbeddingIndexAdmin(ModelAdmin[EmbeddingIndex]):
    list_display = ["model", "show_state", "dimensions", "show_passages", "created_at"]
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmbeddingIndex]:
        return super().get_queryset(request).annotate(passages=Count("embeddings"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("state"), label={"active": "success", "building": "info"})
    def show_state(self, index: EmbeddingIndex) -> tuple[str, str]:
        return index.state, index.get_state_display()

    @display(description=_("passages"))
    def show_passages(self, index: EmbeddingIndex) -> int:
        return int(getattr(index, "passages", 0))
