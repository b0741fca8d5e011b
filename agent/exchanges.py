"""A ticket as question and answer: what the customer asked first, and what was sent in reply."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent import plaintext
from agent.anonymity import anonymise
from crm.models import Message
from crm.types import Source
from tickets.models import Ticket

Author = Message.Author


@dataclass(frozen=True, slots=True)
class Reply:
    author: str
    text: str
    sources: Sequence[Source]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Without personal data. `replies` are the agent's and the staff's that were sent, oldest
    first; those after the customer had written again are among them."""

    ticket: Ticket
    subject: str
    question: str
    replies: Sequence[Reply]

    @property
    def staff_replies(self) -> list[Reply]:
        return [reply for reply in self.replies if reply.author == Author.STAFF]


def read_exchange(ticket: Ticket) -> Exchange:
    """The ticket's messages since it was opened, as far as they count."""
    messages = list(
        ticket.conversation.messages.filter(created_at__gte=ticket.created_at)
        .filter(author__in=[Author.CUSTOMER, Author.AGENT, Author.STAFF])
        .exclude(state__in=[Message.State.CANCELLED, Message.State.FAILED])
        .order_by("pk")
    )
    asked = [
        plaintext.read(plaintext.said(message.text)).shown for message in _first_burst(messages)
    ]
    replies = [message for message in messages if message.author != Author.CUSTOMER]
    texts = [ticket.subject, "\n\n".join(asked), *(message.text for message in replies)]
    subject, question, *answers = anonymise(ticket.conversation, texts)
    return Exchange(
        ticket=ticket,
        subject=subject,
        question=question.strip(),
        replies=[
            Reply(message.author, text, message.sources)
            for message, text in zip(replies, answers, strict=True)
        ],
    )


def _first_burst(messages: Sequence[Message]) -> list[Message]:
    """What the customer wrote before anybody answered."""
    burst: list[Message] = []
    for message in messages:
        if message.author != Author.CUSTOMER:
            break
        burst.append(message)
    return burst
