"""Who got an answer from a text that was changed since."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from agent.models import Correction
from agent.plaintext import from_markdown
from agent.recall.changes import Change
from agent.wording import split_sentences
from crm.models import Message
from tickets.models import Ticket

# Older answers are not brought up again.
WINDOW = timedelta(days=180)
MAX_LISTED = 500
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class OldAnswer:
    """The last answer in a conversation that cites the old text.

    `still_stands` says that every sentence of it is in the new text word for word; `gone` are
    those that are not.
    """

    message: Message
    ticket: Ticket | None
    gone: tuple[str, ...]
    correction: Correction | None

    @property
    def still_stands(self) -> bool:
        return not self.gone


def list_old_answers(change: Change) -> list[OldAnswer]:
    """One for each conversation, newest first; at most MAX_LISTED. Three queries."""
    messages = _cite(change).select_related("conversation__customer").order_by("-created_at")
    newest: dict[int, Message] = {}
    for message in messages.prefetch_related(
        Prefetch("conversation__tickets", Ticket.objects.order_by("-id"))
    )[:MAX_LISTED]:
        newest.setdefault(message.conversation_id, message)
    corrections = {
        correction.conversation_id: correction
        for correction in Correction.objects.filter(
            article=change.article, change=change.id
        ).select_related("staff")
    }
    told = _normalise(from_markdown(change.after))
    return [
        OldAnswer(
            message=message,
            ticket=next(iter(message.conversation.tickets.all()), None),
            gone=_list_gone(message.text, told),
            correction=corrections.get(conversation_id),
        )
        for conversation_id, message in newest.items()
    ]


def count_old_answers(change: Change) -> int:
    """How many conversations have one."""
    return _cite(change).order_by().values("conversation").distinct().count()


def _cite(change: Change) -> QuerySet[Message]:
    addresses = [reverse("knowledge:article", args=[slug]) for slug in change.slugs]
    return Message.objects.citing(addresses).filter(
        state=Message.State.SENT,
        created_at__range=(change.at - WINDOW, change.at),
    )


def _list_gone(answer: str, told: str) -> tuple[str, ...]:
    sentences = split_sentences(answer)
    return tuple(one for one in sentences if _normalise(one).strip() not in told)


def _normalise(text: str) -> str:
    return _SPACES.sub(" ", text).lower()
