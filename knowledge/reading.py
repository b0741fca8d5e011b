"""Articles read whole, where nothing is searched for."""

from collections.abc import Sequence

from django.urls import reverse

from knowledge.models import Passage
from knowledge.types import FoundPassage


def list_article_passages(slugs: Sequence[str]) -> list[FoundPassage]:
    """Every passage of these articles in reading order, whatever state the articles are in."""
    passages = Passage.objects.filter(article__slug__in=slugs).select_related("article")
    return [
        FoundPassage(
            passage_id=passage.pk,
            article_id=passage.article_id,
            title=passage.article.title,
            heading_path=passage.heading_path,
            text=passage.text,
            url=reverse("knowledge:article", args=[passage.article.slug]),
            audience=passage.article.audience,
            score=0.0,
            similarity=None,
            text_rank=0.0,
        )
        for passage in passages.order_by("article_id", "position")
    ]
