"""A conversation as staff read it: every message with its files, notes and what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, OuterRef, Value
from django.db.models.expressions import BaseExpression
from django.db.models.functions import JSONObject, Length, Substr

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
    pk: int
    name: str
    size: int
    is_image: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """`has_original` tells that the message came with formatting, which `crm.original` shows."""

    message: Message
    has_original: bool = False
    files: tuple[File, ...] = ()
    marks: Sequence[Mark] = field(default=())


MarkMessage = Callable[[Message], Sequence[Mark]]
_marking: list[MarkMessage] = []
_reading: dict[str, BaseExpression] = {}


def mark_messages(**read: BaseExpression) -> Callable[[MarkMessage], MarkMessage]:
    """Registers a function that says what another app knows of a message.

    It takes no query of its own: what it has to know is read with the messages, as these
    annotations.
    """

    def register(function: MarkMessage) -> MarkMessage:
        _marking.append(function)
        _reading.update(read)
        return function

    return register


def list_timeline(*conversations: Conversation, limit: int = 200) -> list[Entry]:
    """The newest messages of all the conversations with notes, cancelled replies and files,
    oldest first. One query, which reads neither HTML nor the files' content."""
    newest = (
        Message.objects.filter(conversation__in=[each.pk for each in conversations])
        .defer("html")
        .annotate(html_length=Length("html"), files=_FILES, **_reading)
        .select_related("staff")
        .order_by("-id")[:limit]
    )
    return [_entry(message) for message in reversed(newest)]


_HEAD = Func(Substr("content", 1, 16), Value("hex"), function="encode")
_FILES = ArraySubquery(
    Attachment.objects.filter(message=OuterRef("pk"))
    .order_by("id")
    .values(file=JSONObject(pk="pk", name=F("name"), size=F("size"), head=_HEAD))
)


def _entry(message: Message) -> Entry:
    return Entry(
        message,
        has_original=bool(getattr(message, "html_length", 0)),
        files=tuple(_file(each) for each in getattr(message, "files", ())),
        marks=[mark for function in _marking for mark in function(message)],
    )


def _file(read: dict[str, Any]) -> File:
    head = bytes.fromhex(read["head"])
    return File(read["pk"], read["name"], read["size"], bool(image_type(head)))
