"""A reply as the bytes that leave: text and simple HTML, in its thread (RFC 5322, RFC 3834)."""

import re
import uuid
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from channels.gmail.account import get_account
from channels.gmail.client import DELIVERY_HEADER
from channels.gmail.types import OutgoingMail
from channels.types import TransportError
from crm.identity import normalise_email
from crm.services import printable
from crm.types import Source

_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")
_REPLY_PREFIX = re.compile(
    r"^(?:\s*(?:re|aw|antw|sv|vs|rif|odp|res|ref|回复|回覆|答复|返信|ynt)(?:\[\d+\])?\s?[:：])+\s*",
    re.IGNORECASE,
)
_MAX_SUBJECT = 250
_MAX_REFERENCES = 20
# RFC 5322 allows 998 bytes a line; programs expect an encoding far below.
_POLICY = policy.SMTP.clone(max_line_length=76)


def compose_mail(mail: OutgoingMail, *, now: datetime, tag_subject: bool | None = None) -> bytes:
    """The mail to `mail.to_address` and nobody else, from the support address.

    In a thread the subject stays as it is, with `Re:`, for Gmail threads by it; a mail that
    begins a thread carries the ticket in brackets. `tag_subject` decides otherwise. The
    Message-ID follows from the delivery's id, so that composing twice gives one id.

    Raises TransportError (permanent) for an address that cannot be sent to.
    """
    account = get_account()
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(str(settings.COMPANY_NAME), account.support_address)
    message["To"] = _address(mail.to_name, mail.to_address)
    message["Subject"] = compose_subject(mail, tag_subject=tag_subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(mail.delivery_id)
    _thread(message, mail)
    message[DELIVERY_HEADER] = _token(mail.delivery_id)
    if mail.ticket_reference:
        message["X-Allhours-Ticket"] = _token(mail.ticket_reference)
    message["X-Auto-Response-Suppress"] = "All"
    if mail.automatic:
        message["Auto-Submitted"] = "auto-replied"
    message.set_content(compose_text(mail), cte="quoted-printable")
    message.add_alternative(compose_html(mail), subtype="html", cte="quoted-printable")
    return message.as_bytes()


def message_id(delivery_id: str) -> str:
    """The Message-ID that a delivery's mail asks for; Gmail may give it another."""
    domain = get_account().support_address.rpartition("@")[2] or "localhost"
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"allhours:delivery:{delivery_id}")
    return f"<{name}@{domain}>"


def compose_subject(mail: OutgoingMail, *, tag_subject: bool | None = None) -> str:
    subject = _one_line(mail.subject)[:_MAX_SUBJECT].strip()
    base = _REPLY_PREFIX.sub("", subject)
    if mail.in_reply_to or base != subject:
        subject = f"Re: {base}"
    if tag_subject is None:
        tag_subject = not mail.in_reply_to
    tag = _one_line(mail.ticket_reference)
    if tag_subject and tag and tag.lower() not in subject.lower():
        subject = f"{subject} [{tag}]"
    return subject.strip() or _("Your request")


def compose_text(mail: OutgoingMail) -> str:
    blocks = [mail.greeting, mail.text]
    sources = _links(mail.sources)
    if sources:
        listed = "\n".join(f"- {title}: {url}" for title, url in sources)
        blocks.append("\n".join([_("More on this:"), listed]))
    if mail.signature.strip():
        blocks.append(f"-- \n{printable(mail.signature).strip()}")
    if mail.ticket_reference:
        blocks.append(_("Ticket %(reference)s") % {"reference": _one_line(mail.ticket_reference)})
    return "\n\n".join(b for block in blocks if (b := printable(block).strip())) + "\n"


def compose_html(mail: OutgoingMail) -> str:
    """The same words; nothing in them is taken for HTML. Links are our own sources only."""
    blocks = [_paragraphs(mail.greeting), _paragraphs(mail.text)]
    sources = _links(mail.sources)
    if sources:
        items = "".join(
            f'<li><a href="{escape(url)}">{escape(title)}</a></li>' for title, url in sources
        )
        heading = escape(_("More on this:"))
        blocks.append(f"<p>{heading}</p><ul>{items}</ul>")
    if mail.signature.strip():
        blocks.append(_paragraphs(mail.signature))
    if mail.ticket_reference:
        reference = _one_line(mail.ticket_reference)
        label = escape(_("Ticket %(reference)s") % {"reference": reference})
        blocks.append(f'<p style="color:#666;font-size:small">{label}</p>')
    body = "\n".join(block for block in blocks if block)
    head = '<!doctype html>\n<html><head><meta charset="utf-8"></head>'
    return f"{head}<body>\n{body}\n</body></html>\n"


def _thread(message: EmailMessage, mail: OutgoingMail) -> None:
    """In-Reply-To and References (RFC 5322, section 3.6.4): the first mail and the newest."""
    answered = _ids([mail.in_reply_to])
    references = [known for known in _ids(mail.references) if known not in answered] + answered
    if len(references) > _MAX_REFERENCES:
        references = [references[0], *references[1 - _MAX_REFERENCES :]]
    if answered:
        message["In-Reply-To"] = answered[0]
    if references:
        message["References"] = " ".join(references)


def _ids(candidates: tuple[str, ...] | list[str]) -> list[str]:
    return list(dict.fromkeys(c for c in map(str.strip, candidates) if _MESSAGE_ID.fullmatch(c)))


def _address(name: str, address: str) -> Address:
    try:
        normalise_email(address)
        local, _at, domain = address.strip().rpartition("@")
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        if not local.isascii():
            raise ValueError
        return Address(_one_line(name)[:100], local, ascii_domain)
    except (ValidationError, ValueError, IndexError):
        raise TransportError(
            _("The customer's e-mail address cannot be sent to."), permanent=True
        ) from None


def _paragraphs(text: str) -> str:
    blocks = re.split(r"\n{2,}", printable(text).strip())
    return "\n".join(f"<p>{escape(b).replace(chr(10), '<br>')}</p>" for b in blocks if b.strip())


def _links(sources: tuple[Source, ...]) -> list[tuple[str, str]]:
    found = []
    for source in sources:
        url = _one_line(source["url"]).replace(" ", "%20")
        if urlsplit(url).scheme in ("http", "https"):
            found.append((_one_line(source["title"]) or url, url))
    return found


def _one_line(value: str) -> str:
    """Without line breaks, which would end a header field and begin another."""
    return " ".join(printable(value).split())


def _token(value: str) -> str:
    return re.sub(r"[^A-Za-z0-9._:-]", "", value)[:100]
