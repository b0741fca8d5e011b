"""A lost status link, sent again to the address that the ticket belongs to and to no other."""

from django.core.mail import send_mail
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from config import jobs
from crm.models import CustomerIdentifier
from tickets.models import Ticket
from tickets.services import parse_reference


def request_status_link(*, reference: str, email: str, language: str) -> None:
    """Leaves the matter to a job, whether there is such a ticket or not: who asks learns nothing.

    `email` is normalised; the job gets a keyed digest of it, for jobs hold no addresses.
    """
    jobs.enqueue(
        "tickets.send_status_link",
        reference=reference,
        digest=_digest(email),
        language=language,
    )


def send_status_link(*, reference: str, digest: str, language: str) -> bool:
    """Mails the link if the address is the ticket's customer's; False if it is not.

    A retry may mail it a second time, which harms nobody.
    """
    ticket = Ticket.objects.filter(number=parse_reference(reference) or 0).first()
    identifier = _find_address(ticket, digest) if ticket else None
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


def _find_address(ticket: Ticket, digest: str) -> CustomerIdentifier | None:
    addresses = CustomerIdentifier.objects.filter(
        kind=CustomerIdentifier.Kind.EMAIL, customer__conversations=ticket.conversation_id
    )
    return next(
        (each for each in addresses if constant_time_compare(_digest(each.value), digest)), None
    )


def _digest(email: str) -> str:
    return salted_hmac("tickets.links", email, algorithm="sha256").hexdigest()
