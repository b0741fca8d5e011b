"""Delivery reports (RFC 3462, RFC 3464) and what mail servers send in their place."""

import re
from email.message import Message

from channels.gmail import headers
from channels.gmail.structure import Part, inner_messages, parameters_of, part_bytes
from channels.gmail.types import Bounce

_SENDERS = re.compile(r"(?:mailer[._-]?daemon|postmaster|mail[._-]?delivery.*)@.*", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45])\d\d[ -]")
_FIELD = re.compile(r"^([A-Za-z-]{1,40}):[ \t]*(.*(?:\r?\n[ \t].*)*)", re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>;\"(),:]{1,64}@[^\s<>;\"(),:]{1,253}")
_FAILURE_SUBJECT = re.compile(
    r"undeliver|delivery status notification|mail delivery (?:failed|subsystem|system)|"
    r"returned mail|failure notice|delivery (?:has )?failed|unzustellbar|non remis|"
    r"no se puede entregar|mancata consegna|onbestelbaar",
    re.IGNORECASE,
)
_MAX_TEXT = 20_000


def read_bounce(mail: Message, parts: list[Part], text: str, *, from_address: str) -> Bounce | None:
    """What the report says of the message that was not delivered; None for any other mail.

    A report that is forged changes nothing unless its original Message-ID is one of ours:
    that is for the caller to see.
    """
    status_part = next((p for p in parts if p.content_type == "message/delivery-status"), None)
    reported = is_delivery_report(mail) and _report_type(mail) == "delivery-status"
    failed = headers.raw_value(mail, "X-Failed-Recipients")
    daemon = _SENDERS.fullmatch(from_address) is not None
    null_path = headers.raw_value(mail, "Return-Path").replace(" ", "") == "<>"
    subject = headers.text(mail, "Subject")
    if not (
        reported
        or failed
        or (status_part is not None and (daemon or null_path))
        or ((daemon or null_path) and _FAILURE_SUBJECT.search(subject))
    ):
        return None
    fields = _status_fields(status_part)
    action = fields.get("action", "").lower()
    if action in ("delivered", "relayed", "expanded"):
        return None
    recipient = _first_address(fields.get("original-recipient", "")) or _first_address(
        fields.get("final-recipient", "")
    )
    return Bounce(
        recipient=recipient or _first_address(failed),
        status=_status(fields, action, text[:_MAX_TEXT]),
        original_message_id=_original_id(mail, parts),
    )


def is_delivery_report(mail: Message) -> bool:
    """Whether the mail is any report by a machine (RFC 6522): delivery or disposition."""
    return headers.raw_value(mail, "Content-Type").lower().startswith("multipart/report")


def is_report_part(part: Part) -> bool:
    """Whether the part only carries a report, and is no file of the sender's."""
    return part.content_type in (
        "message/delivery-status",
        "message/disposition-notification",
        "text/rfc822-headers",
    )


def _report_type(mail: Message) -> str:
    return parameters_of(mail, "Content-Type").get("report-type", "delivery-status").lower()


def _status_fields(part: Part | None) -> dict[str, str]:
    """The fields of all blocks; of several recipients the first counts."""
    if part is None:
        return {}
    payload = part.message.get_payload()
    if isinstance(payload, list):  # the parser makes one message of each block
        blocks = "\n".join(
            f"{name}: {value}"
            for block in payload
            if isinstance(block, Message)
            for name, value in block.raw_items()
        )
    else:
        blocks = part.data.decode("utf-8", "replace")
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(blocks[:_MAX_TEXT]):
        fields.setdefault(name.lower(), " ".join(value.split()))
    return fields


def _status(fields: dict[str, str], action: str, text: str) -> str:
    """The enhanced code (RFC 3463), from wherever it stands; the class alone as `5.0.0`."""
    if action == "delayed":
        found = _STATUS.search(fields.get("status", ""))
        return found[1] if found and found[1].startswith("4") else "4.0.0"
    for source in (fields.get("status", ""), fields.get("diagnostic-code", ""), text):
        found = _STATUS.search(source)
        if found and not found[1].startswith("2"):
            return found[1]
        reply = _REPLY_CODE.search(source)
        if reply:
            return f"{reply[1]}.0.0"
    return ""


def _first_address(value: str) -> str:
    match = _ADDRESS.search(value)
    return match[0] if match else ""


def _original_id(mail: Message, parts: list[Part]) -> str:
    """From the returned message or its headers, else from the report's own thread fields."""
    for part in parts:
        inner = inner_messages(part.message)
        if part.content_type == "message/rfc822" and inner:
            ids = headers.message_ids(inner[0], "Message-ID")
        elif part.content_type in ("text/rfc822-headers", "message/rfc822"):
            found = re.search(
                rb"^Message-ID:\s*(<[^<>\s]{1,900}>)",
                part_bytes(part.message, part.content_type)[:100_000],
                re.IGNORECASE | re.MULTILINE,
            )
            ids = (found[1].decode("ascii", "replace"),) if found else ()
        else:
            continue
        if ids:
            return ids[0]
    ids = headers.message_ids(mail, "In-Reply-To") or headers.message_ids(mail, "References")
    return ids[-1] if ids else ""
