"""What the console's pages are built from: unfold's admin classes, with their types.

unfold ships no type information; to the type checker its classes are the Django admin's that
they extend.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest
from django.utils.text import capfirst

from crm.admin.pages import CappedPaginator

Function = TypeVar("Function", bound=Callable[..., Any])

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, SimpleListFilter, TabularInline

    DropdownFilter = SimpleListFilter

    def action(
        *, description: Any = None, permissions: list[str] | None = None
    ) -> Callable[[Function], Function]: ...

    def display(
        *,
        description: Any = None,
        ordering: str | None = None,
        label: bool | Mapping[str, str] | None = None,
        empty_value: str | None = None,
        boolean: bool | None = None,
    ) -> Callable[[Function], Function]: ...
else:
    from unfold import admin as unfold
    from unfold.contrib.filters.admin import DropdownFilter
    from unfold.decorators import action, display

    class ModelAdmin(unfold.ModelAdmin):
        paginator = CappedPaginator
        list_per_page = 50  # each row's cells are templates of the theme's

        def __class_getitem__(cls, model):
            return cls

        def changelist_view(self, request, extra_context=None):
            """A list is called what it lists, where Django says "Select ... to view"."""
            title = capfirst(self.opts.verbose_name_plural)
            return super().changelist_view(request, {"title": title, **(extra_context or {})})

    class TabularInline(unfold.TabularInline):
        def __class_getitem__(cls, models):
            return cls


__all__ = [
    "DropdownFilter",
    "ModelAdmin",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "TabularInline",
    "action",
    "display",
]

AnyModel = TypeVar("AnyModel", bound=Model)
Parent = TypeVar("Parent", bound=Model)


class ReadOnlyAdmin(ModelAdmin[AnyModel]):
    """Records of what happened: whoever may view them may open them, nobody may edit them."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline[AnyModel, Parent]):
    """Rows of a record of what happened, under the page that they belong to."""

    extra = 0
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
