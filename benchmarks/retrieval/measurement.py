"""Asks a set's questions of its own articles and no others, through the product's own search."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import transaction

from benchmarks.retrieval.questions import Question, QuestionSet, list_question_sets
from knowledge.embeddings import get_embedder
from knowledge.indexing import index_article
from knowledge.models import Article
from knowledge.search import DEFAULT, search_passages
from knowledge.types import FoundPassage
from knowledge.words import count_words

Search = Callable[[str], list[FoundPassage]]
_DEPTH = 50
_METHODS = {"words": 1.0, "vectors": 0.0, "fused": DEFAULT.text_share}
_PARTS = ("validation", "test", "all")


@dataclass(frozen=True, slots=True)
class Row:
    """One method on one part of one set; shares of its questions, and the mean reciprocal rank of
    the first passage of the right article among the first fifty. Methods and their figures were
    chosen on "validation" only."""

    set: str
    asked: str
    part: str
    method: str
    model: str
    questions: int
    hit_at_1: float
    hit_at_5: float
    mrr: float


def measure(data: Path | None) -> list[Row]:
    """The rows of every set that is there. On whatever database is configured, in a transaction
    that is rolled back: what it holds is neither searched nor changed."""
    return [row for question_set in list_question_sets(data) for row in measure_set(question_set)]


def measure_set(question_set: QuestionSet) -> list[Row]:
    with _only_articles_of(question_set) as slugs:
        return [
            _row(question_set, part, method, ranks)
            for method, share in _METHODS.items()
            for part, ranks in _ranks(question_set.questions, share, slugs).items()
        ]


@contextmanager
def _only_articles_of(question_set: QuestionSet) -> Iterator[dict[int, str]]:
    """The set's articles, indexed, as the only published ones; by id, their slugs."""
    with transaction.atomic():
        Article.objects.update(state=Article.State.ARCHIVED)
        slugs: dict[int, str] = {}
        for text in question_set.texts:
            article = Article.objects.create(
                slug=f"measured/{text.slug}"[:200],
                title=text.title,
                body=text.body,
                summary=text.summary,
                keywords=text.keywords,
                language=text.language,
            )
            index_article(article.pk)
            slugs[article.pk] = text.slug
        count_words()
        yield slugs
        transaction.set_rollback(True)


def _ranks(
    questions: Sequence[Question], share: float, slugs: dict[int, str]
) -> dict[str, list[int | None]]:
    """By part, the place of each question's first right passage, from 1, if it was found."""
    tuning = replace(DEFAULT, text_share=share)
    ranks: dict[str, list[int | None]] = {part: [] for part in _PARTS}
    for question in questions:
        found = search_passages(question.text, limit=_DEPTH, tuning=tuning)
        right = (
            place
            for place, passage in enumerate(found, start=1)
            if passage.score > 0 and slugs[passage.article_id] == question.slug
        )
        rank = next(right, None)
        for part in (question.part, "all"):
            ranks[part].append(rank)
    return ranks


def _row(question_set: QuestionSet, part: str, method: str, ranks: list[int | None]) -> Row:
    places = [place for place in ranks if place]
    count = len(ranks)
    return Row(
        set=question_set.name,
        asked=question_set.asked,
        part=part,
        method=method,
        model="" if method == "words" else get_embedder().name,
        questions=count,
        hit_at_1=sum(place == 1 for place in places) / count,
        hit_at_5=sum(place <= 5 for place in places) / count,
        mrr=sum(1 / place for place in places) / count,
    )
