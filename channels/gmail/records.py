"""What the Gmail API keeps, as far as the desk uses it, read from its answers."""

from dataclasses import dataclass
from datetime import UTC, datetime

from channels.gmail import answers
from channels.gmail.answers import Json
from channels.types import TransportError


@dataclass(frozen=True, slots=True)
class Profile:
    email_address: str
    history_id: int


@dataclass(frozen=True, slots=True)
class Watch:
    history_id: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MessageRef:
    """`labels_added` are those that a labelAdded record added; empty for a new message."""

    gmail_id: str
    thread_id: str
    label_ids: tuple[str, ...] = ()
    labels_added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryPage:
    messages: tuple[MessageRef, ...]
    history_id: int
    next_page_token: str


@dataclass(frozen=True, slots=True)
class MessagePage:
    messages: tuple[MessageRef, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class Draft:
    draft_id: str
    message: MessageRef


@dataclass(frozen=True, slots=True)
class MailHeaders:
    """The fields that threading and reconciliation need, by name in lower case."""

    message: MessageRef
    fields: dict[str, str]


def read_ref(message: Json, labels_added: tuple[str, ...] = ()) -> MessageRef:
    return MessageRef(
        answers.text_of(message, "id"),
        answers.text_of(message, "threadId"),
        answers.texts_of(message, "labelIds"),
        labels_added,
    )


def read_draft(answer: Json) -> Draft:
    return Draft(answers.text_of(answer, "id"), read_ref(answers.object_of(answer, "message")))


def read_headers(message: Json) -> MailHeaders:
    fields: dict[str, str] = {}
    for header in answers.objects_of(answers.object_of(message, "payload"), "headers"):
        name = answers.text_of(header, "name").lower()
        fields.setdefault(name, answers.text_of(header, "value"))
    return MailHeaders(read_ref(message), fields)


def read_instant(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise TransportError("Gmail's answer holds no date.", permanent=False) from None
