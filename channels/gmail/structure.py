"""A mail as a flat list of parts, whatever its MIME structure is."""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message

from channels.gmail.encoded_words import decode_extended, decode_words
from channels.gmail.headers import raw_value
from channels.gmail.types import MailProblem
from crm.services import printable

# Gmail takes up to 50 MB in; beyond these bounds a mail is an attack or broken.
MAX_BYTES = 75 * 1024 * 1024
MAX_PARTS = 1_000
MAX_DEPTH = 60

_TYPE = re.compile(r"\s*([A-Za-z0-9!#$&^_.+-]{1,80})\s*/\s*([A-Za-z0-9!#$&^_.+-]{1,80})")
_PARAMETER = re.compile(r";\s*([A-Za-z0-9_-]+)(\*\d+)?(\*)?\s*=\s*(\"(?:\\.|[^\"\\])*\"?|[^;]*)")


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf, or a whole message (RFC 822) inside the mail.

    `alternative` numbers the innermost multipart/alternative that it stands in, 0 for none.
    """

    message: Message
    content_type: str
    disposition: str
    name: str
    charset: str
    cid: str
    alternative: int

    @property
    def data(self) -> bytes:
        return part_bytes(self.message, self.content_type)


def read_structure(raw: bytes) -> Message:
    """The mail as the standard library reads it. Raises MailProblem where it cannot."""
    if len(raw) > MAX_BYTES:
        raise MailProblem("The mail is larger than Gmail takes.")
    for chosen in (policy.default, policy.compat32):  # the header classes of the first can raise
        try:
            return email.message_from_bytes(raw, policy=chosen)
        except RecursionError:
            raise MailProblem("The mail is nested too deeply.") from None
        except (ValueError, LookupError, TypeError, AttributeError, AssertionError):
            continue
    raise MailProblem("The mail's structure cannot be read.")


def walk_parts(mail: Message) -> Iterator[Part]:
    """The leaves in their order; messages inside the mail are not entered.

    Raises MailProblem for more parts or a deeper nesting than any mail program writes.
    """
    stack: list[tuple[Message, int, int]] = [(mail, 0, 0)]
    seen = 0
    while stack:
        message, depth, alternative = stack.pop()
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            raise MailProblem("The mail has too many parts.")
        content_type = content_type_of(message)
        payload = message.get_payload()
        if isinstance(payload, list) and not content_type.startswith("message/"):
            inner = seen if content_type == "multipart/alternative" else alternative
            children = reversed(inner_messages(message))
            stack.extend((child, depth + 1, inner) for child in children)
            continue
        yield _leaf(message, content_type, alternative)


def content_type_of(message: Message) -> str:
    """`type/subtype` in lower case; text/plain for what has none or a malformed one."""
    match = _TYPE.match(raw_value(message, "Content-Type"))
    if match is None:
        return "text/plain"
    return f"{match[1]}/{match[2]}".lower()


def parameters_of(message: Message, header: str) -> dict[str, str]:
    """The parameters of a MIME field, with continuations and charsets (RFC 2231), and with
    RFC 2047 words, which programs write there against the rule."""
    value = raw_value(message, header)
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(value[value.find(";") if ";" in value else len(value) :]):
        text = match[4].strip()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:].removesuffix('"'))
        number = int(match[2][1:7]) if match[2] else 0
        pieces.setdefault(match[1].lower(), []).append((number, bool(match[3]), text))
    return {name: _join(found) for name, found in pieces.items()}


def part_bytes(message: Message, content_type: str) -> bytes:
    """The decoded content; of a broken transfer encoding what could be read."""
    try:
        if content_type.startswith("message/") and message.is_multipart():
            return b"\n".join(child.as_bytes() for child in inner_messages(message))
        data = message.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        payload = message.get_payload()
        data = str(payload).encode("utf-8", "surrogateescape")
    return data if isinstance(data, bytes) else b""


def inner_messages(message: Message) -> list[Message]:
    """The parts of a multipart, or the one message inside a message/rfc822."""
    payload = message.get_payload()
    if not isinstance(payload, list):
        return []
    return [child for child in payload if isinstance(child, Message)]


def _leaf(message: Message, content_type: str, alternative: int) -> Part:
    if content_type.startswith("multipart/"):  # without a boundary, it is one text
        content_type = "text/plain"
    typed = parameters_of(message, "Content-Type")
    disposed = parameters_of(message, "Content-Disposition")
    return Part(
        message=message,
        content_type=content_type,
        disposition=raw_value(message, "Content-Disposition").partition(";")[0].strip().lower(),
        name=disposed.get("filename") or typed.get("name") or "",
        charset=typed.get("charset", ""),
        cid=printable(raw_value(message, "Content-ID")).strip("<> "),
        alternative=alternative,
    )


def _join(pieces: list[tuple[int, bool, str]]) -> str:
    pieces.sort(key=lambda piece: piece[0])
    if any(extended for _, extended, _ in pieces):
        return printable(decode_extended("".join(text for _, _, text in pieces)))
    return printable(decode_words("".join(text for _, _, text in pieces)))
