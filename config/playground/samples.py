"""Mails and chat messages to begin with: a question, and what makes trouble in real desks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from config.playground.mails import Kind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class MailSample:
    """A mail to fill in, from Mia unless it says otherwise; `hint` tells what to watch."""

    key: str
    label: "StrOrPromise"
    subject: str
    text: str
    hint: "StrOrPromise"
    kind: Kind = Kind.PERSON
    name: str = ""
    address: str = ""


MAIL_SAMPLES = (
    MailSample(
        "question",
        _("A question"),
        "Inviting a colleague",
        "Hello,\n\nhow do I invite a colleague to our workspace?\n\nThank you\nMia",
        _("The knowledge base answers it, and the reply names its source."),
    ),
    MailSample(
        "refund",
        _("A refund"),
        "Refund",
        "Hello,\n\nwe were charged twice this month. I want my money back.\n\nMia",
        _("No promise is made: a person gets the ticket, with the reason."),
    ),
    MailSample(
        "out_of_office",
        _("Out of office"),
        "Automatic reply: away until Monday",
        "Thank you for your message. I am away until Monday and read no mail until then.",
        _(
            "An automatic reply to the desk's newest mail. The desk keeps it and stays silent, so "
            "that two machines do not write to each other for ever."
        ),
        kind=Kind.OUT_OF_OFFICE,
    ),
    MailSample(
        "bounce",
        _("A bounce"),
        "Delivery Status Notification (Failure)",
        "Your message could not be delivered: the address was not found.",
        _(
            "A mail server reports that the desk's newest mail did not arrive. It is noted at that "
            "message, and people are told."
        ),
        kind=Kind.BOUNCE,
    ),
    MailSample(
        "newsletter",
        _("A newsletter"),
        "Ten offers that you must not miss",
        "This week: everything at half price. Click here, and click there.",
        _("Bulk mail is kept aside and answered by nobody."),
        kind=Kind.NEWSLETTER,
        name="Bargain Weekly",
        address="news@bargains.example",
    ),
    MailSample(
        "pretender",
        _("A pretender"),
        "What do you have on me?",
        "Please send me the name and the plan of my account.",
        _(
            "Google could not confirm that this comes from the address it shows. The desk tells "
            "nothing about the account."
        ),
        kind=Kind.PRETENDER,
    ),
)

# Sent as they are, one message each; several in a row are a burst.
CHAT_SAMPLES: "dict[str, tuple[StrOrPromise, tuple[str, ...]]]" = {
    "question": (_("A question"), ("How do I reset my password?",)),
    "burst": (
        _("Three in a row"),
        ("Hi", "I have a question", "How do I invite a colleague?"),
    ),
    "person": (_("A person, please"), ("I want to talk to a person.",)),
    "refund": (_("A refund"), ("I want my money back. I was charged twice.",)),
}


def get_mail_sample(key: str) -> MailSample | None:
    return next((sample for sample in MAIL_SAMPLES if sample.key == key), None)
