"""Tickets that became cases: what was asked, and what its end says should have happened."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from agent.exchanges import Exchange, Reply, read_exchange
from agent.models import EvaluationCase
from crm.models import Message, User
from knowledge.models import Article
from tickets.models import Ticket

Action = EvaluationCase.Action
Status = Ticket.Status

# A rating below this says that what was answered was not right.
GOOD_RATING = 4
# What people answered for no other reason than that the agent could not.
_OURS = {"", Ticket.Reason.NO_KNOWLEDGE, Ticket.Reason.FAILURE}
_HELP_LINK = re.compile(r"/help/([\w/-]+)")


@dataclass(frozen=True, slots=True)
class _Expected:
    action: str
    reason: str = ""
    slugs: Sequence[str] = ()


@transaction.atomic
def make_case(*, ticket: Ticket, staff: User | None) -> EvaluationCase:
    """The ticket's case, made if there is none; what should happen is guessed from what did.

    Staff look at it afterwards: a guess is as good as the ticket was handled.
    """
    exchange = read_exchange(ticket)
    expected = _guess(exchange)
    case, created = EvaluationCase.objects.get_or_create(
        ticket=ticket,
        defaults={
            "channel": ticket.conversation.channel,
            "subject": exchange.subject,
            "message": exchange.question,
            "expected_action": expected.action,
            "expected_reason": expected.reason,
            "created_by": staff,
        },
    )
    if created:
        case.articles.set(Article.objects.filter(slug__in=expected.slugs))
    return case


def collect_cases(*, since: datetime) -> int:
    """Makes cases of the tickets that were resolved or closed since then and hold a question;
    returns how many are new."""
    tickets = (
        Ticket.objects.filter(
            status__in=[Status.RESOLVED, Status.CLOSED],
            updated_at__gte=since,
            evaluation_case__isnull=True,
        )
        .select_related("conversation__customer", "satisfaction")
        .order_by("pk")
    )
    made = [
        make_case(ticket=ticket, staff=None) for ticket in tickets if read_exchange(ticket).question
    ]
    return len(made)


def _guess(exchange: Exchange) -> _Expected:
    """An answer, if the agent's own stood or staff pointed to an article; a hand-over for the
    reason that the ticket has, if people had to answer; else nothing was asked."""
    by_agent = [reply for reply in exchange.replies if reply.author == Message.Author.AGENT]
    by_staff = exchange.staff_replies
    if by_staff:
        slugs, reason = _list_linked(by_staff), exchange.ticket.escalation_reason
        if slugs and reason in _OURS:
            return _Expected(Action.ANSWER, slugs=slugs)
        return _Expected(Action.HAND_OVER, reason=reason)
    if by_agent and not exchange.ticket.escalated_at and not _is_rated_badly(exchange.ticket):
        return _Expected(Action.ANSWER, slugs=_list_cited(by_agent[:1]))
    if by_agent or exchange.ticket.escalated_at:
        return _Expected(Action.HAND_OVER, reason=exchange.ticket.escalation_reason)
    return _Expected(Action.NO_REPLY)


def _list_linked(replies: Sequence[Reply]) -> list[str]:
    return [
        slug.strip("/")
        for reply in replies
        for slug in [*_HELP_LINK.findall(reply.text), *_list_cited([reply])]
    ]


def _list_cited(replies: Sequence[Reply]) -> list[str]:
    return [
        slug.strip("/")
        for reply in replies
        for source in reply.sources
        for slug in _HELP_LINK.findall(source["url"])
    ]


def _is_rated_badly(ticket: Ticket) -> bool:
    rating = getattr(ticket, "satisfaction", None)
    return rating is not None and rating.score < GOOD_RATING
