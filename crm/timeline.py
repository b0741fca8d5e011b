"""A conversation as staff read it: every message with its files, notes and what became of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import BinaryField, Prefetch
from django.db.models.functions import Length, Substr

from crm.images import image_type
from crm.models import Attachment, Conversation, Message


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that another app knows of a message, such as why it was not delivered.

    `tone` is one of info, success, warning, danger. `link` is a page of the console.
    """

    text: str
    tone: str = "info"
    link: str = ""


@dataclass(frozen=True, slots=True)
class File:
    attachment: Attachment
    is_image: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """`has_original` tells that the message came with formatting, which `crm.original` shows."""

    message: Message
    has_original: bool = False
    files: tuple[File, ...] = ()
    marks: Sequence[Mark] = field(default=())


MarkMessages = Callable[[Sequence[Message]], Mapping[int, Sequence[Mark]]]
_marking: list[MarkMessages] = []


def mark_messages(function: MarkMessages) -> MarkMessages:
    """Registers a function that adds marks by message id; it takes one query for them all."""
    _marking.append(function)
    return function


def list_timeline(*conversations: Conversation, limit: int = 200) -> list[Entry]:
    """The newest messages of all the conversations with notes, cancelled replies and files,
    oldest first.

    Two queries, and one for each registered function; neither HTML nor files are read.
    """
    files = Attachment.objects.defer("content").annotate(
        head=Substr("content", 1, 16, output_field=BinaryField())
    )
    newest = (
        Message.objects.filter(conversation__in=conversations)
        .defer("html")
        .annotate(html_length=Length("html"))
        .select_related("staff")
        .prefetch_related(Prefetch("attachments", queryset=files))
        .order_by("-id")[:limit]
    )
    messages = list(reversed(newest))
    marks: dict[int, list[Mark]] = {}
    for function in _marking:
        for message_id, added in function(messages).items():
            marks.setdefault(message_id, []).extend(added)
    return [
        Entry(
            message,
            bool(getattr(message, "html_length", 0)),
            _files(message),
            marks.get(message.pk, ()),
        )
        for message in messages
    ]


def _files(message: Message) -> tuple[File, ...]:
    return tuple(
        File(attachment, bool(image_type(bytes(getattr(attachment, "head", None) or b""))))
        for attachment in message.attachments.all()
    )
