"""What staff do with a gap: open its draft as an article, or decide that none is needed.

Loads no model, so the console may import it.
"""

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from agent.models import Contradiction, Gap
from crm.models import User
from knowledge.indexing import request_indexing
from knowledge.models import Article

State = Gap.State

_ATTEMPTS = 5


@transaction.atomic
def open_article(gap: Gap, *, staff: User) -> Article:
    """The gap's article, made as a draft from what was prepared if there is none."""
    locked = Gap.objects.select_for_update().get(pk=gap.pk)
    if locked.article is not None:
        return locked.article
    title = locked.draft_title or locked.title
    article = _create_article(
        Article(
            title=title,
            body=locked.draft_body or title,
            state=Article.State.DRAFT,
            owner=staff,
        )
    )
    request_indexing(article.pk)
    locked.article, locked.state, locked.decided_by = article, State.DRAFTED, staff
    locked.save(update_fields=["article", "state", "decided_by"])
    return article


def dismiss_gap(gap: Gap, *, staff: User) -> None:
    Gap.objects.filter(pk=gap.pk, state=State.OPEN).update(state=State.DISMISSED, decided_by=staff)


def reopen_gap(gap: Gap) -> None:
    Gap.objects.filter(pk=gap.pk, state=State.DISMISSED).update(state=State.OPEN, decided_by=None)


def dismiss_contradiction(contradiction: Contradiction) -> None:
    """The two sentences do not contradict each other, and are not brought up again."""
    Contradiction.objects.filter(pk=contradiction.pk).update(state=Contradiction.State.DISMISSED)


def _create_article(article: Article) -> Article:
    """Saved under a free address, which somebody else may take at the same moment."""
    for attempt in range(1, _ATTEMPTS + 1):
        article.slug = _free_slug(article.title)
        try:
            with transaction.atomic():
                article.save(force_insert=True)
        except IntegrityError:
            if attempt == _ATTEMPTS:
                raise
        else:
            break
    return article


def _free_slug(title: str) -> str:
    stem = f"drafts/{slugify(title)[:80] or 'article'}"
    taken = set(Article.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    numbers = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(slug for slug in numbers if slug not in taken)
