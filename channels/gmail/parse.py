"""A mail as Gmail keeps it, read into what the desk works with."""

import hashlib
import re
import unicodedata
from collections.abc import Collection
from email.message import Message

from channels.gmail import headers
from channels.gmail.account import get_account
from channels.gmail.attachments import collect_files
from channels.gmail.authentication import is_authenticated
from channels.gmail.automatic import automatic_kind
from channels.gmail.bodies import Body, read_body
from channels.gmail.bounces import is_report_part, read_bounce
from channels.gmail.forwards import find_forwarded, is_forward
from channels.gmail.invisible import strip_invisible
from channels.gmail.quotes import cut_quotes
from channels.gmail.structure import read_structure, walk_parts
from channels.gmail.types import MailProblem, ParsedMail, RawMail

_TICKET = re.compile(r"(?<![\w-])TKT-(\d{4,9})(?!\d)", re.IGNORECASE)


def parse_mail(mail: RawMail, *, own_addresses: Collection[str] | None = None) -> ParsedMail:
    """Reads one mail. Raises MailProblem, and nothing else, for what a person has to look at.

    `own_addresses` are those of the desk, by default GMAIL_SUPPORT_ADDRESS.
    """
    if own_addresses is None:
        own_addresses = [get_account().support_address]
    try:
        return _parse(mail, own_addresses)
    except RecursionError:
        raise MailProblem("The mail is nested too deeply.") from None


def _parse(mail: RawMail, own_addresses: Collection[str]) -> ParsedMail:
    message = read_structure(mail.raw)
    senders = headers.mailboxes(message, "From") or headers.mailboxes(message, "Sender")
    if not senders:
        raise MailProblem("The mail names no sender.")
    sender = senders[0]
    parts = list(walk_parts(message))
    body = read_body(parts)
    bounce = read_bounce(message, parts, body.text, from_address=sender.address)
    files = collect_files(
        [part for part in body.files if bounce is None or not is_report_part(part)],
        shown_cids=body.shown_cids,
    )
    subject = strip_invisible(headers.text(message, "Subject"))
    forward = is_forward(subject, body.text)
    return ParsedMail(
        message_id=_message_id(message, mail.raw),
        gmail_id=mail.gmail_id,
        thread_id=mail.thread_id,
        label_ids=mail.label_ids,
        from_name=strip_invisible(sender.name),
        from_address=sender.address,
        reply_to=_reply_to(message, sender.address),
        to=tuple(box.address for box in headers.mailboxes(message, "To")),
        cc=tuple(box.address for box in headers.mailboxes(message, "Cc")),
        subject=subject,
        ticket_reference=ticket_reference(subject),
        in_reply_to=next(iter(headers.message_ids(message, "In-Reply-To")), ""),
        references=headers.message_ids(message, "References"),
        date_sent=headers.date_sent(message, mail.received_at),
        text_new=_new_text(body, forward=forward),
        text_full=body.text,
        html_sanitised=body.html_sanitised,
        attachments=files.kept,
        omitted=files.omitted,
        automatic=automatic_kind(
            message,
            from_address=sender.address,
            label_ids=mail.label_ids,
            own_addresses=own_addresses,
            bounce=bounce,
        ),
        bounce=bounce,
        authenticated=is_authenticated(message, from_address=sender.address),
        is_forward=forward,
        forwarded=find_forwarded(body.text, body.files) if forward else None,
    )


def ticket_reference(subject: str) -> str | None:
    """The ticket that a subject names, as `TKT-0042`; anybody may write one there."""
    match = _TICKET.search(unicodedata.normalize("NFKC", subject))
    return f"TKT-{match[1]}" if match else None


def _new_text(body: Body, *, forward: bool) -> str:
    """Of a forward everything: what was forwarded is what the sender wants to be read."""
    return body.text.strip() if forward else cut_quotes(body.text)


def _reply_to(message: Message, from_address: str) -> str:
    """Where the sender wants to be answered, if that differs from where they write from."""
    address = next((box.address for box in headers.mailboxes(message, "Reply-To")), "")
    return "" if address.lower() == from_address.lower() else address


def _message_id(message: Message, raw: bytes) -> str:
    """The mail's own id; without one an id made of what stays the same when it comes again:
    its sender, subject, date and content, not the trace that transport adds."""
    ids = headers.message_ids(message, "Message-ID")
    if ids:
        return ids[0]
    digest = hashlib.sha256()
    for name in ("Message-ID", "From", "To", "Subject", "Date"):
        digest.update(headers.raw_value(message, name).encode("utf-8", "surrogateescape") + b"\n")
    _, _, content = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    digest.update(content)
    return f"<{digest.hexdigest()}@content.invalid>"
