"""Articles that say the same as another one."""

from dataclasses import dataclass

from django.db import models
from django.db.models import F, Func, Value

from knowledge.models import Article
from knowledge.similarity import NEAR_BITS, similarity

# From here on staff are told; below, two articles only treat the same matter.
NEARLY_THE_SAME = 0.8
_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Twin:
    """An article that says the same, and the share of it that is the same, 0..1."""

    article: Article
    similarity: float


def find_twin(article: Article) -> Twin | None:
    """The other article of the same language, not archived, whose text is most like this one's;
    None if none is nearly the same. One query, over all articles."""
    if article.similarity_hash is None:
        return None
    near = (
        Article.objects.exclude(pk=article.pk)
        .exclude(state=Article.State.ARCHIVED)
        .filter(language=article.language)
        .alias(distance=_Distance(F("similarity_hash"), Value(article.similarity_hash)))
        .filter(distance__lte=NEAR_BITS)
        .order_by("distance", "pk")[:_CANDIDATES]
    )
    twins = [Twin(other, similarity(article.body, other.body)) for other in near]
    best = max(twins, key=lambda twin: twin.similarity, default=None)
    return best if best and best.similarity >= NEARLY_THE_SAME else None


class _Distance(Func):
    """In how many bits two numbers of 64 bits differ."""

    template = "bit_count((%(expressions)s)::bit(64))"
    arg_joiner = " # "
    output_field = models.IntegerField()
