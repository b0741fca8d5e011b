"""A stored mail as an arrival: whose it is, what is new in it, what it answers."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from channels.gmail import headers
from channels.gmail.client import DELIVERY_HEADER
from channels.gmail.parse import parse_mail
from channels.gmail.structure import read_structure
from channels.gmail.types import AutomaticKind, MailProblem, OmissionReason, ParsedMail, RawMail
from channels.models import InboundEvent
from channels.types import Arrival, BouncedMail, Unreadable
from crm.identity import normalise_email
from crm.models import Conversation, CustomerIdentifier, User
from crm.types import Identity, IncomingFile

Trust = CustomerIdentifier.Trust


def read_mail_event(event: InboundEvent) -> Arrival:
    """Raises Unreadable for a mail that a person has to look at."""
    raw = bytes(event.raw or b"")
    stored = RawMail(
        gmail_id=str(event.payload["gmail_id"]),
        thread_id=str(event.payload["thread_id"]),
        label_ids=tuple(event.payload["label_ids"]),
        received_at=datetime.fromisoformat(event.payload["received_at"]),
        raw=raw,
    )
    try:
        mail = parse_mail(stored)
    except MailProblem as problem:
        raise Unreadable(str(problem)) from None
    if mail.automatic is AutomaticKind.OWN_ADDRESS:
        token = headers.raw_value(read_structure(raw), DELIVERY_HEADER)
        return _arrival(event, mail, from_us=True, delivery_token=token)
    if _is_forwarded_by_staff(mail):
        return _forwarded(event, mail)
    return _arrival(event, mail)


def _arrival(
    event: InboundEvent, mail: ParsedMail, *, from_us: bool = False, delivery_token: str = ""
) -> Arrival:
    address, trust = _sender(mail)
    return Arrival(
        channel=Conversation.Channel.EMAIL,
        external_id=event.external_id,
        identity=_identity(address),
        name=mail.from_name,
        trust=trust,
        text=mail.text_new,
        received_at=event.received_at,
        subject=mail.subject,
        full_text=mail.text_full if mail.text_full != mail.text_new else "",
        html=mail.html_sanitised,
        files=_files(mail),
        remarks=_remarks(mail),
        keys=(f"gmail:{mail.thread_id}", mail.message_id),
        references=tuple(key for key in (mail.in_reply_to, *mail.references) if key),
        ticket_reference=mail.ticket_reference or "",
        automatic=_reason(mail.automatic),
        bounce=_bounce(mail),
        from_us=from_us,
        delivery_token=delivery_token,
    )


def _sender(mail: ParsedMail) -> tuple[str, int]:
    """Who is answered, and how sure it is that they wrote.

    Another Reply-To is answered there, as an address that nobody vouches for: neither may the
    owner of From be spoken for, nor the owner of Reply-To be told of their account.
    """
    if mail.reply_to and mail.reply_to.lower() != mail.from_address.lower():
        return mail.reply_to, Trust.UNVERIFIED
    return mail.from_address, Trust.AUTHENTICATED if mail.authenticated else Trust.SEEN


def _identity(address: str) -> Identity:
    """Raises Unreadable for an address that no answer could reach."""
    try:
        return Identity(CustomerIdentifier.Kind.EMAIL, normalise_email(address), address)
    except ValidationError:
        raise Unreadable(_("The sender's address is not one that can be answered.")) from None


def _is_forwarded_by_staff(mail: ParsedMail) -> bool:
    """Only an authenticated mail of a member of staff: From alone is spoofable."""
    return (
        mail.forwarded is not None
        and mail.authenticated
        and User.objects.filter(
            is_active=True, is_staff=True, email__iexact=mail.from_address
        ).exists()
    )


def _forwarded(event: InboundEvent, mail: ParsedMail) -> Arrival:
    """The customer's mail inside; what staff wrote above it stays internal."""
    inside = mail.forwarded
    if inside is None:
        raise ValueError("nothing was forwarded")
    return Arrival(
        channel=Conversation.Channel.EMAIL,
        external_id=event.external_id,
        identity=_identity(inside.from_address),
        name=inside.from_name,
        trust=Trust.UNVERIFIED,
        text=inside.text,
        received_at=event.received_at,
        subject=inside.subject or mail.subject,
        files=_files(mail),
        remarks=(*_remarks(mail), _("Forwarded by %(who)s.") % {"who": mail.from_address}),
        keys=(f"gmail:{mail.thread_id}", mail.message_id),
        forwarded_by=inside.comment,
    )


def _files(mail: ParsedMail) -> tuple[IncomingFile, ...]:
    return tuple(
        IncomingFile(file.name, file.content_type, file.content, file.cid or "")
        for file in mail.attachments
    )


def _remarks(mail: ParsedMail) -> tuple[str, ...]:
    reasons = {
        OmissionReason.TOO_MANY: _("too many files"),
        OmissionReason.TOO_LARGE: _("too large"),
        OmissionReason.UNREADABLE: _("unreadable"),
    }
    return tuple(
        _("The file %(name)s was left out: %(reason)s (%(size)d bytes).")
        % {"name": file.name, "reason": reasons[file.reason], "size": file.size}
        for file in mail.omitted
    )


def _reason(kind: AutomaticKind | None) -> str:
    sentences = {
        AutomaticKind.AUTO_REPLY: _("An automatic reply."),
        AutomaticKind.BULK: _("A mailing list or bulk mail."),
        AutomaticKind.NO_REPLY: _("From an address that takes no replies."),
        AutomaticKind.OWN_ADDRESS: _("From our own address."),
        AutomaticKind.BOUNCE: _("A delivery report."),
    }
    return sentences[kind] if kind else ""


def _bounce(mail: ParsedMail) -> BouncedMail | None:
    if mail.bounce is None:
        return None
    return BouncedMail(
        recipient=mail.bounce.recipient,
        status=mail.bounce.status,
        original_key=mail.bounce.original_message_id,
        permanent=mail.bounce.permanent,
    )
