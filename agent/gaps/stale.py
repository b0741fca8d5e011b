"""Articles that may have grown old: their day is over, nobody has checked them for long, or what
was answered from them did not satisfy."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from crm.models import Message, User
from knowledge.models import Article
from tickets.models import Ticket, TicketEvent

# By design: what no one looked at for half a year, and what ends within two weeks.
CHECKED_WITHIN = timedelta(days=180)
ENDS_SOON = timedelta(days=14)
# Over which answers dissatisfaction is counted, and what a bad rating is.
WINDOW = timedelta(days=90)
BAD_RATING = 2
MANY_COMPLAINTS = 2

_HELP_LINK = re.compile(r"/help/([^#?]+)")


@dataclass(frozen=True, slots=True)
class StaleArticle:
    """`answers` were sent from it within WINDOW; after `bad_ratings` and `reopened` of them the
    customer was unhappy or asked again."""

    article: Article
    has_ended: bool
    ends_on: date | None
    unchecked_since: date | None
    answers: int
    bad_ratings: int
    reopened: int

    @property
    def complaints(self) -> int:
        return self.bad_ratings + self.reopened


def list_stale_articles(*, now: datetime) -> list[StaleArticle]:
    """What is published and wants a look, what is asked for most first. Two queries."""
    today = timezone.localdate(now)
    answers, bad, reopened = _count_answers(now)
    found = [
        _look_at(article, today, answers[article.slug], bad[article.slug], reopened[article.slug])
        for article in Article.objects.filter(state=Article.State.PUBLISHED)
        .select_related("owner")
        .defer("body")
    ]
    stale = [one for one in found if _is_stale(one)]
    return sorted(stale, key=lambda one: (-one.complaints, not one.has_ended, -one.answers))


def list_due_articles(owner: User, *, now: datetime, limit: int) -> list[StaleArticle]:
    """What the owner has to look at by its dates alone, what ends first first. One query."""
    today = timezone.localdate(now)
    unchecked = Q(checked_on__lt=today - CHECKED_WITHIN) | Q(
        checked_on=None, created_at__lt=now - CHECKED_WITHIN
    )
    due = (
        Article.objects.filter(Q(valid_until__lte=today + ENDS_SOON) | unchecked)
        .filter(owner=owner, state=Article.State.PUBLISHED)
        .defer("body")
        .order_by(F("valid_until").asc(nulls_last=True), "checked_on")[:limit]
    )
    return [_look_at(article, today, 0, 0, 0) for article in due]


def _look_at(
    article: Article, today: date, answers: int, bad_ratings: int, reopened: int
) -> StaleArticle:
    ends = article.valid_until
    checked = article.checked_on or timezone.localdate(article.created_at)
    return StaleArticle(
        article=article,
        has_ended=ends is not None and ends < today,
        ends_on=ends if ends is not None and ends <= today + ENDS_SOON else None,
        unchecked_since=checked if checked < today - CHECKED_WITHIN else None,
        answers=answers,
        bad_ratings=bad_ratings,
        reopened=reopened,
    )


def _is_stale(one: StaleArticle) -> bool:
    return bool(one.ends_on or one.unchecked_since or one.complaints >= MANY_COMPLAINTS)


def _count_answers(now: datetime) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """By the article's address: the agent's answers, those in tickets rated badly, and those
    after which the ticket was reopened."""
    tickets = Ticket.objects.filter(conversation=OuterRef("conversation"))
    reopened = TicketEvent.objects.filter(
        ticket__conversation=OuterRef("conversation"),
        kind=TicketEvent.Kind.REOPENED,
        created_at__gt=OuterRef("created_at"),
    )
    rows = (
        Message.objects.filter(
            Q(author=Message.Author.AGENT), state=Message.State.SENT, created_at__gte=now - WINDOW
        )
        .exclude(sources=[])
        .annotate(
            bad=Exists(tickets.filter(satisfaction__score__lte=BAD_RATING)),
            again=Exists(reopened),
        )
        .order_by()
        .values_list("sources", "bad", "again")
    )
    answers: Counter[str] = Counter()
    unhappy: Counter[str] = Counter()
    asked_again: Counter[str] = Counter()
    for sources, is_bad, is_again in rows:
        for slug in list_slugs(sources):
            answers[slug] += 1
            unhappy[slug] += is_bad
            asked_again[slug] += is_again
    return answers, unhappy, asked_again


def list_slugs(sources: Sequence[dict[str, str]]) -> set[str]:
    """The addresses of the articles that an answer names as its sources."""
    links = [match for source in sources for match in _HELP_LINK.findall(source.get("url", ""))]
    return {link.strip("/") for link in links}
