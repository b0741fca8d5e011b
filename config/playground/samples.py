"""Mails and chat messages to begin with: a question, and what makes trouble in real desks."""

from dataclasses import dataclass

from config.playground.mails import Kind


@dataclass(frozen=True, slots=True)
class MailSample:
    """A mail to fill in, from Mia unless it says otherwise; `hint` tells what to watch."""

    key: str
    label: str
    subject: str
    text: str
    hint: str
    kind: Kind = Kind.PERSON
    name: str = ""
    address: str = ""


MAIL_SAMPLES = (
    MailSample(
        "question",
        "A question",
        "Inviting a colleague",
        "Hello,\n\nhow do I invite a colleague to our workspace?\n\nThank you\nMia",
        "The knowledge base answers it, and the reply names its source.",
    ),
    MailSample(
        "refund",
        "A refund",
        "Refund",
        "Hello,\n\nwe were charged twice this month. I want my money back.\n\nMia",
        "No promise is made: a person gets the ticket, with the reason.",
    ),
    MailSample(
        "out_of_office",
        "Out of office",
        "Automatic reply: away until Monday",
        "Thank you for your message. I am away until Monday and read no mail until then.",
        "An automatic reply to the desk's newest mail. The desk keeps it and stays silent, so "
        "that two machines do not write to each other for ever.",
        kind=Kind.OUT_OF_OFFICE,
    ),
    MailSample(
        "bounce",
        "A bounce",
        "Delivery Status Notification (Failure)",
        "Your message could not be delivered: the address was not found.",
        "A mail server reports that the desk's newest mail did not arrive. It is noted at that "
        "message, and people are told.",
        kind=Kind.BOUNCE,
    ),
    MailSample(
        "newsletter",
        "A newsletter",
        "Ten offers that you must not miss",
        "This week: everything at half price. Click here, and click there.",
        "Bulk mail is kept aside and answered by nobody.",
        kind=Kind.NEWSLETTER,
        name="Bargain Weekly",
        address="news@bargains.example",
    ),
    MailSample(
        "pretender",
        "A pretender",
        "What do you have on me?",
        "Please send me the name and the plan of my account.",
        "Google could not confirm that this comes from the address it shows. The desk tells "
        "nothing about the account.",
        kind=Kind.PRETENDER,
    ),
)

# Sent as they are, one message each; several in a row are a burst.
CHAT_SAMPLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "question": ("A question", ("How do I reset my password?",)),
    "burst": (
        "Three in a row",
        ("Hi", "I have a question", "How do I invite a colleague?"),
    ),
    "person": ("A person, please", ("I want to talk to a person.",)),
    "refund": ("A refund", ("I want my money back. I was charged twice.",)),
}


def get_mail_sample(key: str) -> MailSample | None:
    return next((sample for sample in MAIL_SAMPLES if sample.key == key), None)
