"""Articles as a table, for import and export."""

from typing import TYPE_CHECKING, Any

from import_export import formats, resources

from knowledge.indexing import request_indexing
from knowledge.models import Article

if TYPE_CHECKING:

    class ModelResource:
        """import_export ships no type information."""

        def after_save_instance(self, instance: Article, row: Any, **kwargs: Any) -> None: ...
else:
    ModelResource = resources.ModelResource

FORMATS = [formats.base_formats.CSV, formats.base_formats.JSON]


class ArticleResource(ModelResource):
    """A row is the article with its address: added if it is new, changed if a field differs.

    Everything is imported or nothing, and every row is validated as the form would.
    """

    class Meta:
        model = Article
        import_id_fields = ["slug"]
        fields = (
            "slug",
            "title",
            "summary",
            "topic",
            "product",
            "keywords",
            "body",
            "language",
            "audience",
            "state",
            "checked_on",
            "valid_until",
        )
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True

    def after_save_instance(self, instance: Article, row: Any, **kwargs: Any) -> None:
        # The preview saves too, in a transaction that it rolls back, jobs and all.
        request_indexing(instance.pk)
