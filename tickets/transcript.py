"""A conversation as its customer may see it, for the status page and the API."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Max, Prefetch, Q
from django.utils.translation import gettext as _

from crm.models import Attachment, Conversation, Message
from tickets.models import Ticket

_NEWEST = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One message: who speaks, under which name, and what is shown below the words."""

    id: int
    author: str
    speaker: str
    text: str
    created_at: datetime
    sources: tuple["SourceLink", ...]
    files: tuple["FileLink", ...]


@dataclass(frozen=True, slots=True)
class SourceLink:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class FileLink:
    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a conversation is shown: the number of its messages and the newest id."""

    shown: int
    newest: int


def list_entries(ticket: Ticket) -> list[Entry]:
    """The newest messages that the customer may see, oldest first. Two queries."""
    files = Prefetch("attachments", Attachment.objects.defer("content"))
    rows = (
        Message.objects.public()
        .filter(conversation=ticket.conversation_id)
        .select_related("staff")
        .prefetch_related(files)
        .order_by("-id")[:_NEWEST]
    )
    return [_entry(message) for message in reversed(rows)]


def get_extent(ticket: Ticket) -> Extent:
    found = (
        Message.objects.public()
        .filter(conversation=ticket.conversation_id)
        .aggregate(shown=Count("id"), newest=Max("id"))
    )
    return Extent(min(found["shown"], _NEWEST), found["newest"] or 0)


def extent_of(entries: list[Entry]) -> Extent:
    return Extent(len(entries), entries[-1].id if entries else 0)


def is_answer_expected(ticket: Ticket) -> bool:
    """Whether the agent is still to speak, or a reply is on its way."""
    on_its_way = Q(state=Message.State.QUEUED)
    if ticket.conversation.handler == Conversation.Handler.AGENT and not ticket.is_finished():
        on_its_way |= Q(direction=Message.Direction.INBOUND, answered_at__isnull=True)
    return Message.objects.filter(on_its_way, conversation=ticket.conversation_id).exists()


def _entry(message: Message) -> Entry:
    return Entry(
        id=message.pk,
        author=message.author,
        speaker=_speaker(message),
        text=message.text,
        created_at=message.created_at,
        sources=tuple(
            SourceLink(source["title"] or source["url"], source["url"])
            for source in message.sources
            if is_public_address(source["url"])
        ),
        files=tuple(FileLink(file.pk, file.name, file.size) for file in message.attachments.all()),
    )


def _speaker(message: Message) -> str:
    match message.author:
        case Message.Author.CUSTOMER:
            return _("You")
        case Message.Author.STAFF:
            return message.staff.name_for_customers if message.staff else _("Support team")
        case Message.Author.AGENT:
            return _("%(company)s assistant") % {"company": settings.COMPANY_NAME}
        case _other:
            return _("Notice")


def is_public_address(url: str) -> bool:
    """Whether a source may be a link: a page of the help centre, or an http(s) address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme or parts.netloc:
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    return url.startswith("/help/")
