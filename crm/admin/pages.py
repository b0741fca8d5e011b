"""Pages of lists that grow for ever."""

from functools import cached_property
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet

if TYPE_CHECKING:
    Pages = Paginator[Model]
else:
    Pages = Paginator

# Further back than anybody turns pages; the search and the filters find what is older.
COUNTED_AT_MOST = 10_000


class CappedPaginator(Pages):
    """Counts, and offers pages, up to COUNTED_AT_MOST rows: a whole count reads a whole table."""

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return self.object_list.order_by().values("pk")[:COUNTED_AT_MOST].count()
        return super().count
