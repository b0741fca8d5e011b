"""Pages of lists that grow for ever."""

from functools import cached_property
from typing import TYPE_CHECKING

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

if TYPE_CHECKING:
    Pages = Paginator[Model]
else:
    Pages = Paginator

# Further back than anybody turns pages; the search and the filters find what is older.
COUNTED_AT_MOST = 10_000


class CappedPaginator(Pages):
    """Counts, and offers pages, up to COUNTED_AT_MOST rows: a whole count reads a whole table.

    Which rows a page has is asked by their keys alone, so that those before it are neither joined
    nor read whole.
    """

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return self.object_list.order_by().values("pk")[:COUNTED_AT_MOST].count()
        return super().count

    def page(self, number: int | str) -> "Page[Model]":
        rows = self.object_list
        page: Page[Model] = super().page(number)
        if isinstance(rows, QuerySet) and isinstance(page.object_list, QuerySet):
            keys = list(page.object_list.values_list("pk", flat=True))
            page.object_list = rows.filter(pk__in=keys)
        return page
