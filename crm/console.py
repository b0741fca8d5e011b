"""What the console's pages are built from: unfold's admin classes, with their types.

unfold ships no type information; to the type checker its classes are the Django admin's that
they extend.
"""

from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, SimpleListFilter, TabularInline

    DropdownFilter = SimpleListFilter
else:
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.contrib.filters.admin import DropdownFilter

__all__ = ["DropdownFilter", "ModelAdmin", "ReadOnlyAdmin", "ReadOnlyInline", "TabularInline"]

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

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
