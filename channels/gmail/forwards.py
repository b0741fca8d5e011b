"""Forwarded mails: who wrote what is inside, and what the forwarder added."""

import re
from email.message import Message

from channels.gmail import headers
from channels.gmail.bodies import read_body
from channels.gmail.quote_lines import (
    FORWARD_SEPARATOR,
    FROM_LABELS,
    SUBJECT_LABELS,
    header_block,
    is_quoted,
)
from channels.gmail.structure import Part, inner_messages, walk_parts
from channels.gmail.types import ForwardedMail, MailProblem
from crm.services import printable

# Most languages of mail programs; "Re:" before it makes a reply to a forward, which is none.
_PREFIX = re.compile(
    r"\s*(?:\[[^\]]{1,60}\]\s*)?"
    r"(?:fwd?|fw|wg|tr|rv|enc|i|doorst|vb|vl|pd|trs|rif|továbbítás|ilt|hl|转发|轉寄|転送|전달)"
    r"\s?[:：]",
    re.IGNORECASE,
)
# Outlook puts no separator before the head of a forwarded mail; it stands near the top.
_LOOK_AHEAD = 400


def is_forward(subject: str, text: str) -> bool:
    """By the subject's prefix, or by a mail program's own words above the forwarded mail."""
    if _PREFIX.match(subject):
        return True
    return any(FORWARD_SEPARATOR.fullmatch(line.strip()[:300]) for line in _top(text))


def find_forwarded(text: str, files: list[Part]) -> ForwardedMail | None:
    """The forwarded mail, from the text or else from a mail attached to it; None where the
    head of a mail with a sender's address cannot be found."""
    return _from_text(text) or _from_attachment(text, files)


def _from_text(text: str) -> ForwardedMail | None:
    lines = [line.lstrip("> ") if is_quoted(line) else line for line in text.split("\n")]
    for index, line in enumerate(lines[:_LOOK_AHEAD]):
        if ":" not in line and "：" not in line:
            continue
        block = header_block(lines, index)
        if block is None:
            continue
        fields, end = block
        sender = next(value for label, value in fields.items() if label in FROM_LABELS)
        subject = next(value for label, value in fields.items() if label in SUBJECT_LABELS)
        boxes = headers.parse_mailboxes(re.sub(r"\[mailto:([^\]]*)\]", r"<\1>", sender))
        if not boxes:
            continue
        return ForwardedMail(
            from_name=boxes[0].name,
            from_address=boxes[0].address,
            subject=subject,
            text="\n".join(lines[end:]).strip(),
            comment=_comment(lines[:index]),
        )
    return None


def _from_attachment(text: str, files: list[Part]) -> ForwardedMail | None:
    for part in files:
        if part.content_type != "message/rfc822" or not inner_messages(part.message):
            continue
        inner = inner_messages(part.message)[0]
        boxes = headers.mailboxes(inner, "From")
        if not boxes:
            continue
        return ForwardedMail(
            from_name=boxes[0].name,
            from_address=boxes[0].address,
            subject=headers.text(inner, "Subject"),
            text=_attached_text(inner),
            comment=text.strip(),
        )
    return None


def _attached_text(inner: Message) -> str:
    try:
        return read_body(list(walk_parts(inner))).text
    except MailProblem:
        return ""


def _comment(lines: list[str]) -> str:
    kept = [line for line in lines if not FORWARD_SEPARATOR.fullmatch(line.strip()[:300])]
    while kept and not kept[-1].strip(" \t_-*"):
        kept.pop()
    return printable("\n".join(kept)).strip()


def _top(text: str) -> list[str]:
    """The lines before anything quoted."""
    lines: list[str] = []
    for line in text.split("\n", _LOOK_AHEAD)[:_LOOK_AHEAD]:
        if is_quoted(line):
            break
        lines.append(line)
    return lines
