"""What customers are told when their matter goes to people."""

from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tickets import office_hours
from tickets.models import HandoverRule, Ticket
from tickets.security import alerts_reach_people


def handover_notice(ticket: Ticket, *, reason: str, now: datetime) -> str:
    """Who answers, from when on somebody is there, and what to do until then: only what is true
    at this hour. The company's own words for the reason, if they are in the customer's language.
    """
    rule = HandoverRule.objects.filter(reason=reason, language=(get_language() or "")[:2]).first()
    if rule:
        opening = rule.notice
    elif reason == Ticket.Reason.FAILURE:
        opening = _("We could not answer this automatically, so your message is with our team.")
    else:
        opening = _("Thank you for your message. A member of our team will answer it personally.")
    number = _("Your ticket is %(reference)s.") % {"reference": ticket.reference}
    when = _urgency(now) if reason == Ticket.Reason.SECURITY else _availability(now)
    told = [opening, when, number]
    if rule and rule.first_steps:
        address = urljoin(f"{settings.PUBLIC_URL}/", rule.first_steps)
        told.append(_("What you can do right away: %(address)s") % {"address": address})
    return " ".join(told)


def reopening_notice(ticket: Ticket, *, now: datetime) -> str:
    """What a customer is told who writes on to the people who dealt with the matter."""
    opening = _("Thank you for your message. A member of our team will answer it personally.")
    number = _("Your ticket is %(reference)s.") % {"reference": ticket.reference}
    return f"{opening} {_availability(now)} {number}"


def follow_up_notice(*, now: datetime) -> str:
    """What a customer is told who writes on while people have the matter and nobody is at it."""
    opening = _("Thank you, this has reached our team as well.")
    return f"{opening} {_availability(now)}"


def _urgency(now: datetime) -> str:
    """What happens now, at any hour; nobody is said to be there who is not."""
    opening = office_hours.next_opening(now)
    if opening is None or not alerts_reach_people():
        return _availability(now)
    return _(
        "Our staff are being alerted now, at this hour too. If nobody reaches you before, our team "
        "is back on %(day)s at %(time)s."
    ) % office_hours.describe(opening)


def _availability(now: datetime) -> str:
    opening = office_hours.next_opening(now)
    if opening is None:
        return _("Somebody is here now.")
    return _("Our team is back on %(day)s at %(time)s.") % office_hours.describe(opening)
