"""A lost status link, sent again to the address that the ticket belongs to and to no other."""

from django.core.mail import send_mail
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from crm.models import CustomerIdentifier
from tickets.models import Ticket
from tickets.services import parse_reference


def find_recipient(reference: str, wanted: str) -> tuple[Ticket, str] | None:
    """The ticket, and its customer's address whose digest `wanted` is; None if it is nobody's."""
    ticket = Ticket.objects.filter(number=parse_reference(reference.upper()) or 0).first()
    identifier = _find_address(ticket, wanted) if ticket else None
    return (ticket, identifier.address) if ticket and identifier else None


def mail_status_link(ticket: Ticket, address: str, *, language: str) -> None:
    """The mail holds nothing that was typed: somebody may have given another's address."""
    with translation.override(language or None):
        send_mail(
            _("[%(reference)s] Your status link") % {"reference": ticket.reference},
            _(
                "Here is the private link to your ticket:\n\n%(link)s\n\n"
                "Keep it to yourself: whoever has it can read and answer the conversation.\n"
                "If you did not ask for it, you need not do anything.\n"
            )
            % {"link": ticket.status_url},
            None,
            [address],
        )


def digest(email: str) -> str:
    """A keyed digest of a normalised address."""
    return salted_hmac("tickets.links", email, algorithm="sha256").hexdigest()


def _find_address(ticket: Ticket, wanted: str) -> CustomerIdentifier | None:
    addresses = CustomerIdentifier.objects.filter(
        kind=CustomerIdentifier.Kind.EMAIL, customer__conversations=ticket.conversation_id
    )
    return next(
        (each for each in addresses if constant_time_compare(digest(each.value), wanted)), None
    )
