"""Header fields of a mail as text, addresses and ids. Nothing here raises for malformed input.

Fields are read raw and decoded here: the header classes of `email.policy.default` raise on
some malformed fields, and replace what they cannot decode.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from channels.gmail.charsets import repair
from channels.gmail.encoded_words import decode_words
from crm.services import printable

# Bounds on what one mail may make us read; far above what mail programs write.
MAX_HEADER = 20_000
MAX_ADDRESSES = 200
MAX_REFERENCES = 100

_FOLD = re.compile(r"\r?\n[ \t]?|\r")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_ADDRESS = re.compile(r"[^\s<>\"(),:;\\@\[\]]{1,64}@[^\s<>\"(),:;\\@]{1,253}")
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Mailbox:
    name: str
    address: str


def raw_values(mail: Message, name: str) -> list[str]:
    """Every value of the field in its order, unfolded and not decoded."""
    wanted = name.lower()
    return [
        _FOLD.sub(" ", str(value))[:MAX_HEADER].strip()
        for key, value in mail.raw_items()
        if key.lower() == wanted
    ]


def raw_value(mail: Message, name: str) -> str:
    """The first value of the field, unfolded and not decoded; empty if there is none."""
    values = raw_values(mail, name)
    return values[0] if values else ""


def text(mail: Message, name: str) -> str:
    """The first value of the field, decoded (RFC 2047), on one line."""
    return _one_line(decode_words(raw_value(mail, name)))


def mailboxes(mail: Message, name: str) -> tuple[Mailbox, ...]:
    """The addresses of the field, each once. What is no address is left out."""
    found: dict[str, Mailbox] = {}
    for value in raw_values(mail, name):
        for mailbox in parse_mailboxes(value):
            found.setdefault(mailbox.address.lower(), mailbox)
    return tuple(found.values())[:MAX_ADDRESSES]


def parse_mailboxes(value: str) -> list[Mailbox]:
    """Names are decoded after the structure was read, so that an encoded comma or bracket in a
    name cannot become an address (RFC 2047, section 6.2)."""
    try:
        pairs = getaddresses([repair(value)])
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        pairs = [("", match) for match in _ADDRESS.findall(value)]
    boxes = []
    for name, address in pairs:
        address = _one_line(address).strip("'\" ")
        if _ADDRESS.fullmatch(address):
            boxes.append(Mailbox(_one_line(decode_words(name)).strip("'\" "), address))
    return boxes


def message_ids(mail: Message, name: str) -> tuple[str, ...]:
    """The `<…>` ids of the field, each once; of very many the first and the newest are kept."""
    found = tuple(
        dict.fromkeys(match for v in raw_values(mail, name) for match in _MESSAGE_ID.findall(v))
    )
    if len(found) > MAX_REFERENCES:
        found = (found[0], *found[1 - MAX_REFERENCES :])
    return tuple(printable(repair(found_id)) for found_id in found)


def date_sent(mail: Message, received_at: datetime) -> datetime:
    """The Date field, or when the mail was received if that is missing, broken or impossible."""
    try:
        sent = parsedate_to_datetime(raw_value(mail, "Date"))
        sent = sent.replace(tzinfo=UTC) if sent.tzinfo is None else sent.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return received_at
    return sent if _OLDEST <= sent <= received_at + _CLOCK_SKEW else received_at


def _one_line(value: str) -> str:
    return " ".join(printable(value).split())
