"""Which articles need somebody's care: past their last day, or soon, or with a suspect text."""

from datetime import date, timedelta

from django.db.models import QuerySet

from knowledge.models import Article

# How long before its last day an article is pointed out.
NOTICE = timedelta(days=14)


def list_expired(today: date) -> QuerySet[Article]:
    """Published articles past their last day: neither found nor quoted any more."""
    return Article.objects.filter(state=Article.State.PUBLISHED, valid_until__lt=today)


def list_suspect() -> QuerySet[Article]:
    """Published articles whose text holds what readers do not see, or orders to the agent."""
    return Article.objects.filter(state=Article.State.PUBLISHED).exclude(findings="")


def list_expiring(today: date) -> QuerySet[Article]:
    """Published articles whose last day is near."""
    return Article.objects.filter(
        state=Article.State.PUBLISHED, valid_until__range=(today, today + NOTICE)
    )
