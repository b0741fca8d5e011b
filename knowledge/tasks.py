"""What the worker does for the knowledge."""

from django.utils import timezone

from config.jobs import Backoff, task
from knowledge import imports, indexing, sources


@task("knowledge.index_article", queue="knowledge", retry=Backoff())
def index_article(article_id: int) -> None:
    indexing.index_article(article_id)


@task("knowledge.index_all", queue="knowledge", retry=Backoff())
def index_all() -> None:
    indexing.index_all()


@task("knowledge.read_source", queue="knowledge", retry=Backoff())
def read_source(source_id: int) -> None:
    imports.read_source(source_id)


@task("knowledge.read_due_sources")
def read_due_sources() -> None:
    sources.request_due(timezone.now())
