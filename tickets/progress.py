"""A ticket's state in words, what happens next, and how soon the page should look again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from crm.models import Conversation
from tickets import office_hours
from tickets.models import Ticket

_FRESH = timedelta(seconds=10)
_LATE = timedelta(seconds=45)
_RECENT = timedelta(minutes=30)
_SAME_DAY = timedelta(hours=4)
_AT_ONCE, _SOON, _LATER, _SELDOM = 500, 1_000, 5_000, 10_000


@dataclass(frozen=True, slots=True)
class Progress:
    """`code` names the words, `tone` their colour: working, answered, person or done.

    `interval` is the time in milliseconds until the page looks again, None once it has stopped to.
    """

    code: str
    tone: str
    title: str
    detail: str
    interval: int | None
    answer_expected: bool


def describe(
    ticket: Ticket, *, answer_expected: bool, now: datetime, merged_into: str = ""
) -> Progress:
    """`merged_into` is the reference of the ticket in which a merged one goes on."""
    if merged_into:
        title = _("This goes on in %(reference)s") % {"reference": merged_into}
        detail = _("We put it together with your other question, so that you get one answer.")
        return Progress("merged", "done", title, detail, _SELDOM, False)
    code, tone, title, detail = _words(ticket, answer_expected, now)
    interval = _interval(ticket, answer_expected, now)
    return Progress(code, tone, title, detail, interval, answer_expected)


def _words(ticket: Ticket, expected: bool, now: datetime) -> tuple[str, str, str, str]:
    staffed = ticket.conversation.handler == Conversation.Handler.STAFF
    if ticket.status == Ticket.Status.CLOSED:
        detail = _("Thank you. If something else comes up, write below: it gets a new ticket.")
        return "closed", "done", _("Closed"), detail
    if ticket.status == Ticket.Status.RESOLVED:
        detail = _("Good that this is settled. If it is not, reply below and it opens again.")
        return "resolved", "done", _("Resolved"), detail
    if ticket.status == Ticket.Status.ESCALATED:
        return "person", "person", _("With our team"), _team(now)
    if ticket.status == Ticket.Status.WAITING and not expected:
        detail = _("Read the answer below. Reply if anything is still open.")
        return "answered", "answered", _("Answered: it is your turn"), detail
    if ticket.approval_since:
        return "approval", "person", _("A colleague is checking the answer"), _team(now)
    if staffed:
        return "person", "person", _("A person is working on this"), _team(now)
    if now - ticket.conversation.last_message_at > _LATE:
        detail = _(
            "This takes longer than usual. Your message is safe with us: you can close this page "
            "and come back with your private link."
        )
        return "late", "working", _("We are on it"), detail
    detail = _("Our assistant is looking for the answer. It appears here by itself, in seconds.")
    return "working", "working", _("We have your message"), detail


def _team(now: datetime) -> str:
    opening = office_hours.next_opening(now)
    if opening is None:
        return _("A member of our team answers you here. Somebody is there now.")
    sentence = _("A member of our team answers you here. We are back on %(day)s at %(time)s.")
    return sentence % office_hours.describe(opening)


def _interval(ticket: Ticket, expected: bool, now: datetime) -> int | None:
    silence = now - max(ticket.conversation.last_message_at, ticket.updated_at)
    if expected and silence < 4 * _LATE:
        return _AT_ONCE if silence < _FRESH else _SOON
    if silence < _RECENT:
        return _LATER
    return _SELDOM if silence < _SAME_DAY else None
