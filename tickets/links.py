"""A lost status link, sent again to the address that the ticket belongs to and to no other."""

import re

from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from config import jobs
from crm.models import CustomerIdentifier
from tickets.models import Ticket

_REFERENCE = re.compile(r"TKT-([0-9]{4,9})")


def request_status_link(*, reference: str, email: str, language: str) -> None:
    """Leaves the matter to a job, whether there is such a ticket or not: who asks learns nothing.

    `email` is normalised.
    """
    jobs.enqueue("tickets.send_status_link", reference=reference, email=email, language=language)


def send_status_link(*, reference: str, email: str, language: str) -> bool:
    """Mails the link if the address is the ticket's customer's; False if it is not.

    A retry may mail it a second time, which harms nobody.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return False
    ticket = Ticket.objects.filter(number=int(match[1])).first()
    identifier = CustomerIdentifier.objects.filter(
        kind=CustomerIdentifier.Kind.EMAIL, value=email, customer__conversations__tickets=ticket
    ).first()
    if ticket is None or identifier is None:
        return False
    with translation.override(language or None):
        send_mail(
            _("[%(reference)s] Your status link") % {"reference": ticket.reference},
            _(
                "Here is the private link to your ticket “%(subject)s”:\n\n%(link)s\n\n"
                "Keep it to yourself: whoever has it can read and answer the conversation.\n"
                "If you did not ask for it, you need not do anything.\n"
            )
            % {"subject": ticket.subject, "link": ticket.status_url},
            None,
            [identifier.address],
        )
    return True
