"""Lost status links: asked for by anybody, counted and mailed only where the address is right."""

from datetime import datetime

from channels.throttle import allow
from config import jobs
from tickets import links

# Mails with the link of one ticket. Who does not know its address takes none of them.
LINK_LIMIT_OF_TICKET = (3, 3600)


def request_status_link(*, reference: str, email: str, language: str) -> None:
    """Leaves the matter to a job, whether there is such a ticket or not: who asks learns nothing.

    `email` is normalised; the job gets a keyed digest of it, for jobs hold no addresses.
    """
    jobs.enqueue(
        "channels.send_status_link",
        reference=reference,
        digest=links.digest(email),
        language=language,
    )


def send_status_link(*, reference: str, digest: str, language: str, now: datetime) -> bool:
    """Mails the link if the address is the ticket's customer's; False if it is not, or if it was
    mailed often enough.

    A retry may mail it a second time, which harms nobody.
    """
    found = links.find_recipient(reference, digest)
    if found is None:
        return False
    ticket, address = found
    if allow(f"ticket-link:{ticket.pk}", LINK_LIMIT_OF_TICKET, now=now):
        return False
    links.mail_status_link(ticket, address, language=language)
    return True
