"""Mails as a customer's program writes them, and what a customer sees of a mail."""

import email
import email.policy
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from enum import StrEnum

_POLICY = email.policy.SMTP.clone(max_line_length=200)
_QUOTED = re.compile(r"^(?:On .+ wrote:|>)", re.MULTILINE)
_SHOWN_HEADERS = (
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "Return-Path",
    "Authentication-Results", "X-Allhours-Delivery",
)  # fmt: skip


class Kind(StrEnum):
    """What wrote a mail, told to the desk by nothing but its headers."""

    PERSON = "person"
    PRETENDER = "pretender"
    OUT_OF_OFFICE = "out_of_office"
    BOUNCE = "bounce"
    NEWSLETTER = "newsletter"


@dataclass(frozen=True, slots=True)
class Mail:
    """`quote` is what stands below a reply; `message_id` and `references` as the headers say."""

    gmail_id: str
    from_desk: bool
    name: str
    address: str
    to: str
    subject: str
    text: str
    quote: str
    at: datetime
    files: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    message_id: str
    references: str

    @property
    def to_name(self) -> str:
        return parseaddr(self.to)[0]

    @property
    def to_address(self) -> str:
        return parseaddr(self.to)[1]


@dataclass(frozen=True, slots=True)
class MailThread:
    """Mails of one thread, the oldest first; there is at least one."""

    thread_id: str
    mails: tuple[Mail, ...]

    @property
    def subject(self) -> str:
        return self.mails[0].subject if self.mails else ""

    @property
    def last_from_desk(self) -> Mail | None:
        """What a customer's reply answers."""
        return next((mail for mail in reversed(self.mails) if mail.from_desk), None)


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail to write; `files` are name, type and content. No value holds a line break but
    `text`, and `address` is ASCII."""

    name: str
    address: str
    subject: str
    text: str
    kind: Kind = Kind.PERSON
    answers: Mail | None = None
    files: Sequence[tuple[str, str, bytes]] = ()


def write_mail(draft: Draft, *, to: str, now: datetime) -> bytes:
    """The bytes that Google would hand over, with its own verdict on the sender on top."""
    if draft.kind is Kind.BOUNCE:
        return _write_bounce(draft, to=to, now=now)
    mail = _begin(draft.name, draft.address, to=to, now=now, genuine=draft.kind != Kind.PRETENDER)
    mail["Subject"] = draft.subject
    if draft.answers is not None:
        mail["In-Reply-To"] = draft.answers.message_id
        mail["References"] = f"{draft.answers.references} {draft.answers.message_id}".strip()
    if draft.kind is Kind.OUT_OF_OFFICE:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    elif draft.kind is Kind.NEWSLETTER:
        mail["Precedence"] = "bulk"
        mail["List-Unsubscribe"] = f"<mailto:unsubscribe@{_domain(draft.address)}>"
    mail.set_content(draft.text + _quote(draft.answers))
    for name, content_type, content in draft.files:
        main, _slash, sub = content_type.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def read_mail(gmail_id: str, raw: bytes, *, at: float, from_desk: bool) -> Mail:
    """A mail for the eyes of a customer; `at` in seconds since 1970."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    name, address = parseaddr(str(mail.get("From", "")))
    text, quote = _split_quote(_text(mail))
    return Mail(
        gmail_id=gmail_id,
        from_desk=from_desk,
        name=name,
        address=address,
        to=str(mail.get("To", "")),
        subject=str(mail.get("Subject", "")),
        text=text,
        quote=quote,
        at=datetime.fromtimestamp(at, UTC),
        files=tuple(filter(None, (part.get_filename() for part in mail.iter_attachments()))),
        headers=tuple((each, str(mail[each])) for each in _SHOWN_HEADERS if each in mail),
        message_id=str(mail.get("Message-ID", "")).strip(),
        references=" ".join(str(mail.get("References", "")).split()),
    )


def _begin(name: str, address: str, *, to: str, now: datetime, genuine: bool) -> EmailMessage:
    verdict, domain = "pass" if genuine else "fail", _domain(address)
    mail = EmailMessage(policy=_POLICY)
    mail["Authentication-Results"] = (
        f"mx.google.com; spf={verdict} smtp.mailfrom={address}; "
        f"dmarc={verdict} (p=REJECT) header.from={domain}"
    )
    mail["From"] = Address(name, addr_spec=address)
    mail["To"] = to
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{uuid.uuid4()}@{domain}>"
    return mail


def _write_bounce(draft: Draft, *, to: str, now: datetime) -> bytes:
    """A report (RFC 3464) that the mail which `draft` answers could not be delivered."""
    original = draft.answers
    mail = _begin("Mail Delivery Subsystem", "mailer-daemon@googlemail.com", to=to, now=now,
                  genuine=True)  # fmt: skip
    mail["Return-Path"] = "<>"
    mail["Auto-Submitted"] = "auto-replied"
    mail["Subject"] = "Delivery Status Notification (Failure)"
    original_id = original.message_id if original else f"<{uuid.uuid4()}@unknown.example>"
    mail["In-Reply-To"] = mail["References"] = original_id
    recipient = original.to_address if original else draft.address
    failure = (
        f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 The account does not exist.\n"
    )
    heads = f"From: {to}\nTo: {recipient}\nMessage-ID: {original_id}\n"
    parts = (
        f"Content-Type: text/plain; charset=utf-8\n\n{draft.text}\n",
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; google.com\n\n{failure}",
        f"Content-Type: text/rfc822-headers\n\n{heads}",
    )
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = 'multipart/report; report-type="delivery-status"'
    mail.set_payload([email.message_from_bytes(part.encode(), policy=_POLICY) for part in parts])
    return mail.as_bytes()


def _quote(answered: Mail | None) -> str:
    if answered is None:
        return ""
    lines = [f"> {line}".rstrip() for line in answered.text.splitlines()]
    opening = f"On {answered.at:%a, %d %b %Y at %H:%M}, {answered.name or answered.address} wrote:"
    return "\n".join(["\n", opening, *lines, ""])


def _split_quote(text: str) -> tuple[str, str]:
    found = _QUOTED.search(text)
    if found is None or not text[: found.start()].strip():
        return text.strip(), ""
    return text[: found.start()].strip(), text[found.start() :].strip()


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        return str(body.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeError):
        return ""


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
