"""What the worker does for the knowledge."""

from config.jobs import Backoff, task
from knowledge import indexing


@task("knowledge.index_article", queue="knowledge", retry=Backoff())
def index_article(article_id: int) -> None:
    indexing.index_article(article_id)


@task("knowledge.index_all", queue="knowledge", retry=Backoff())
def index_all() -> None:
    indexing.index_all()
