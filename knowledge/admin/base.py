"""The classes that the console's pages are built from, with their types.

Neither unfold nor its companions ship type information; to the type checker their classes are
the Django admin's that they extend.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline

    ArticleAdminBase = ModelAdmin

    def action(
        *, description: Any, url_path: str, permissions: list[str], icon: str = ""
    ) -> Callable[[Function], Function]: ...
    def display(
        *,
        description: Any = None,
        ordering: str | None = None,
        label: bool | dict[str, str] | None = None,
        boolean: bool | None = None,
        header: bool | None = None,
    ) -> Callable[[Function], Function]: ...
else:
    from import_export.admin import ImportExportModelAdmin
    from simple_history.admin import SimpleHistoryAdmin
    from unfold import admin as unfold
    from unfold.contrib.import_export.forms import ExportForm, ImportForm
    from unfold.decorators import action, display

    class ModelAdmin(unfold.ModelAdmin):
        def __class_getitem__(cls, model):
            return cls

    class TabularInline(unfold.TabularInline):
        def __class_getitem__(cls, models):
            return cls

    class ArticleAdminBase(SimpleHistoryAdmin, unfold.ModelAdmin, ImportExportModelAdmin):
        """With history, and import and export of tables."""

        import_form_class = ImportForm
        export_form_class = ExportForm

        def __class_getitem__(cls, model):
            return cls


__all__ = ["ArticleAdminBase", "ModelAdmin", "TabularInline", "action", "display"]
