"""The changes of an article that make answers from its old text wrong, from its history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from knowledge.models import Article

State = Article.State

# How far back changes are offered; who asked earlier than `answers.WINDOW` is not written to.
LATELY = timedelta(days=30)
MAX_ARTICLES = 20


class Kind(StrEnum):
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"  # archived, or back to a draft


@dataclass(frozen=True, slots=True)
class Change:
    """`id` is the history's, `before` and `after` are the texts in Markdown.

    `slugs` are all addresses that the article ever had: old answers cite old ones.
    """

    id: int
    article: Article
    kind: Kind
    at: datetime
    by: str
    before: str
    after: str
    slugs: tuple[str, ...]


def get_change(article: Article, change_id: int | None = None) -> Change | None:
    """The change with this id, or the last one; None if the article never had one."""
    for change in _read(article, _list_versions([article])[article.pk]):
        if change_id is None or change.id == change_id:
            return change
    return None


def list_late_changes(*, now: datetime) -> list[Change]:
    """The last change of each of the MAX_ARTICLES that were saved last, if it was lately, newest
    first. Two queries."""
    since = now - LATELY
    saved = Article.history.filter(history_date__gte=since).values("id")
    articles = Article.objects.filter(pk__in=saved).order_by("-updated_at")[:MAX_ARTICLES]
    versions = _list_versions(list(articles))
    last = [next(_read(article, versions[article.pk]), None) for article in articles]
    changes = [change for change in last if change and change.at >= since]
    return sorted(changes, key=lambda change: change.at, reverse=True)


def _list_versions(articles: Sequence[Article]) -> dict[int, list[Any]]:
    """Every version of each article, newest first."""
    found: dict[int, list[Any]] = {article.pk: [] for article in articles}
    rows = Article.history.filter(id__in=list(found)).select_related("history_user")
    for row in rows.order_by("-history_date", "-history_id"):
        found[row.id].append(row)
    return found


def _read(article: Article, versions: Sequence[Any]) -> Iterator[Change]:
    """Newest first. Only what stood in a published text can have been told."""
    for after, before in pairwise(versions):
        if before.state != State.PUBLISHED:
            continue
        if after.state != State.PUBLISHED:
            kind = Kind.WITHDRAWN
        elif (after.title, after.summary, after.body) != (
            before.title,
            before.summary,
            before.body,
        ):
            kind = Kind.CORRECTED
        else:
            continue
        yield Change(
            id=after.history_id,
            article=article,
            kind=kind,
            at=after.history_date,
            by=str(after.history_user or ""),
            before=before.body,
            after=after.body if kind == Kind.CORRECTED else "",
            slugs=tuple({article.slug, *(version.slug for version in versions)}),
        )
