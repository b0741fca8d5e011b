from collections.abc import Callable, Iterator
from typing import Any

import pytest

from knowledge.embeddings import get_embedder
from knowledge.indexing import index_article
from knowledge.models import Article
from tests.knowledge.fake_embedder import BagOfWordsEmbedder

HERE = "tests.knowledge.fake_embedder"


@pytest.fixture
def embedder(settings: Any) -> Iterator[BagOfWordsEmbedder]:
    """Stands in for the local model; its attributes say what was embedded."""
    settings.EMBEDDERS = {**settings.EMBEDDERS, "local": f"{HERE}.BagOfWordsEmbedder"}
    fake = get_embedder()
    assert isinstance(fake, BagOfWordsEmbedder)
    fake.embedded.clear()
    yield fake
    fake.before_embedding = lambda: None


@pytest.fixture
def write(db: None, embedder: BagOfWordsEmbedder) -> Callable[..., Article]:
    """An article that is written and indexed."""

    def write(slug: str, body: str, **fields: Any) -> Article:
        title = fields.pop("title", slug.rpartition("/")[2].replace("-", " ").capitalize())
        article = Article.objects.create(slug=slug, title=title, body=body, **fields)
        index_article(article.pk)
        return article

    return write
