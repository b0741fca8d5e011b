"""What the providers took, from their own books."""

import email
import email.policy
from collections import Counter

from benchmarks.storm.desk import Desk


def count_sends(desk: Desk) -> Counter[str]:
    """How often the providers took each delivery, by its token."""
    return Counter(desk.gmail.sent_per_delivery()) + desk.whatsapp.provider.books.sends_by_token()


def list_tokens(desk: Desk) -> dict[str, list[str]]:
    """The deliveries' tokens by channel, in the order in which the provider took them."""
    with desk.gmail.mailbox.lock:
        mails = [sent.delivery_id for sent in desk.gmail.mailbox.sent]
    return {
        "email": mails,
        "whatsapp": [sent.token for sent in desk.whatsapp.provider.books.sends()],
    }


def list_texts(desk: Desk) -> list[tuple[str, str]]:
    """Address and whole text of all that the providers took."""
    mails = [
        (sent.to.strip("<>").split("<")[-1], _text(sent.raw)) for sent in desk.gmail.mailbox.sent
    ]
    texts = [
        (sent.to_address.removeprefix("whatsapp:"), sent.body)
        for sent in desk.whatsapp.provider.books.sends()
    ]
    return mails + texts


def _text(raw: bytes) -> str:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    body = mail.get_body(("plain", "html"))
    return str(body.get_content()) if body else ""
