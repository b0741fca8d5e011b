"""A stored mail as an arrival: whose it is, what is new in it, what it answers."""

import hashlib
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from channels.gmail import headers
from channels.gmail.account import get_account
from channels.gmail.automatic import plain_address
from channels.gmail.client import DELIVERY_HEADER
from channels.gmail.parse import parse_mail, ticket_reference
from channels.gmail.remarks import explain_automatic, list_remarks
from channels.gmail.structure import read_structure
from channels.gmail.types import AutomaticKind, ForwardedMail, MailProblem, ParsedMail, RawMail
from channels.models import InboundEvent
from channels.types import Arrival, BouncedMail, Unreadable
from crm.identity import normalise_email
from crm.models import Conversation, CustomerIdentifier, User
from crm.types import Identity, IncomingFile

Trust = CustomerIdentifier.Trust


def event_payload(mail: RawMail) -> dict[str, object]:
    """What is kept of a mail beside its bytes; `read_mail_event` reads it."""
    return {
        "gmail_id": mail.gmail_id,
        "thread_id": mail.thread_id,
        "label_ids": list(mail.label_ids),
        "received_at": mail.received_at.isoformat(),
    }


def read_mail_event(event: InboundEvent) -> Arrival:
    """Raises Unreadable for a mail that a person has to look at."""
    if event.raw is None or "gmail_id" not in event.payload:
        raise Unreadable(_("It is a notification, not a mail."))
    stored = RawMail(
        gmail_id=str(event.payload["gmail_id"]),
        thread_id=str(event.payload["thread_id"]),
        label_ids=tuple(event.payload["label_ids"]),
        received_at=datetime.fromisoformat(event.payload["received_at"]),
        raw=bytes(event.raw),
    )
    try:
        mail = parse_mail(stored)
    except MailProblem as problem:
        raise Unreadable(str(problem)) from None
    arrival = _read(stored, mail)
    # A clock ahead of ours must not put a message into the future.
    return replace(arrival, received_at=min(stored.received_at, event.received_at))


def _read(stored: RawMail, mail: ParsedMail) -> Arrival:
    """Our own mail is told by Gmail's label: anybody can write our address into From."""
    if "SENT" in stored.label_ids:
        token = headers.raw_value(read_structure(stored.raw), DELIVERY_HEADER)
        return replace(_arrival(stored, mail), from_us=True, delivery_token=token)
    if mail.authenticated and _is_staff(mail.from_address):
        if mail.forwarded is not None and not _is_ours(mail.forwarded.from_address):
            return _forwarded(stored, mail, mail.forwarded)
        if _answers_somebody(mail):
            return replace(_arrival(stored, mail), from_us=True)
    return _arrival(stored, mail)


def _arrival(stored: RawMail, mail: ParsedMail) -> Arrival:
    address, trust = _sender(mail)
    return Arrival(
        channel=Conversation.Channel.EMAIL,
        external_id=_external_id(stored, mail),
        identity=_identity(address),
        name=mail.from_name,
        trust=trust,
        text=mail.text_new,
        received_at=stored.received_at,
        subject=mail.subject,
        full_text=mail.text_full if mail.text_full.strip() != mail.text_new.strip() else "",
        html=mail.html_sanitised,
        files=_files(mail),
        remarks=list_remarks(mail, answered_at=address),
        keys=(f"gmail:{mail.thread_id}", mail.message_id),
        references=tuple(key for key in (mail.in_reply_to, *mail.references) if key),
        ticket_reference=mail.ticket_reference or _quoted_reference(mail),
        automatic=explain_automatic(mail.automatic),
        bounce=_bounce(mail),
        recipients=_recipients(mail),
    )


def _forwarded(stored: RawMail, mail: ParsedMail, inside: ForwardedMail) -> Arrival:
    """The customer's mail inside; what staff wrote above it stays internal. Our answer begins a
    thread of its own, since the customer has never seen the one of the forward."""
    forwarded_by = _("Forwarded by %(who)s.") % {"who": mail.from_address}
    return Arrival(
        channel=Conversation.Channel.EMAIL,
        external_id=_external_id(stored, mail),
        identity=_identity(inside.from_address),
        name=inside.from_name,
        trust=Trust.UNVERIFIED,
        text=inside.text,
        received_at=stored.received_at,
        subject=inside.subject or mail.subject,
        files=_files(mail),
        remarks=(*list_remarks(mail, answered_at=mail.from_address), forwarded_by),
        keys=(mail.message_id,),
        forwarded_by=inside.comment or forwarded_by,
    )


def _external_id(stored: RawMail, mail: ParsedMail) -> str:
    """The same for a mail that arrives twice under two of Gmail's ids, as by an alias. A program
    that gives all its mails one Message-ID still has each of them taken in: content counts."""
    digest = hashlib.sha256(f"{mail.message_id}\n{mail.from_address.lower()}\n".encode())
    digest.update(stored.raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2].rstrip())
    return f"mail:{digest.hexdigest()}"


def _sender(mail: ParsedMail) -> tuple[str, int]:
    """Who is answered, and how sure it is that they wrote.

    Another Reply-To is answered there, as an address that nobody vouches for: neither may the
    owner of From be spoken for, nor the owner of Reply-To be told of their account.
    """
    if mail.reply_to and not _is_ours(mail.reply_to):
        return mail.reply_to, Trust.UNVERIFIED
    return mail.from_address, Trust.AUTHENTICATED if mail.authenticated else Trust.SEEN


def _identity(address: str) -> Identity:
    """Raises Unreadable for an address that no answer could reach."""
    try:
        return Identity(CustomerIdentifier.Kind.EMAIL, normalise_email(address), address)
    except ValidationError:
        raise Unreadable(_("The sender's address is not one that can be answered.")) from None


def _is_staff(address: str) -> bool:
    return User.objects.filter(is_active=True, is_staff=True, email__iexact=address).exists()


def _is_ours(address: str) -> bool:
    return plain_address(address) == plain_address(get_account().support_address)


def _answers_somebody(mail: ParsedMail) -> bool:
    """Whether staff wrote to somebody else in a thread, from a mail program of their own."""
    threaded = bool(mail.in_reply_to or mail.references) and mail.automatic is None
    return threaded and any(not _is_ours(address) for address in (*mail.to, *mail.cc))


def _quoted_reference(mail: ParsedMail) -> str:
    """The ticket in what a reply quotes: our mails name it below the text, where the quote
    keeps it although the subject, by which Gmail threads, stays untouched."""
    own = set(mail.text_new.split("\n"))
    quoted = (line for line in mail.text_full.split("\n") if line not in own)
    return next(filter(None, map(ticket_reference, quoted)), "") or ""


def _recipients(mail: ParsedMail) -> tuple[str, ...]:
    found = []
    for address in (*mail.to, *mail.cc):
        try:
            found.append(normalise_email(address))
        except ValidationError:
            continue
    return tuple(found)


def _files(mail: ParsedMail) -> tuple[IncomingFile, ...]:
    return tuple(
        IncomingFile(file.name, file.content_type, file.content, file.cid or "")
        for file in mail.attachments
    )


def _bounce(mail: ParsedMail) -> BouncedMail | None:
    if mail.bounce is None or mail.automatic is not AutomaticKind.BOUNCE:
        return None
    return BouncedMail(
        recipient=mail.bounce.recipient,
        status=mail.bounce.status,
        original_key=mail.bounce.original_message_id,
        permanent=mail.bounce.permanent,
    )
