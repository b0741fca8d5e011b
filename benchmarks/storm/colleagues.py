"""The staff: people who take conversations over while the agent is at them, answer what was handed
over, and hand back what they are done with. What they saw when they did so is what promise 4 is
held against."""

import random
import threading
from dataclasses import dataclass, field

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from benchmarks.storm.rows import ask
from channels.models import Delivery
from crm.models import Conversation, Message, User
from tickets.models import Ticket
from tickets.services import (
    get_ticket_of_conversation,
    hand_back_ticket,
    reply_to_ticket,
    take_over_ticket,
)

_OVERTAKING = 0.35  # of what they do; the rest is work on what was handed over
_REPLY = "I looked into it myself and will see to it."

# Conversations in which the agent is at work at this moment, or its answer is about to leave.
_AT_WORK = """
SELECT conversation_id FROM agent_agentrun WHERE state = 'running'
UNION
SELECT m.conversation_id FROM channels_delivery d JOIN crm_message m ON m.id = d.message_id
WHERE d.state IN ('queued', 'sending') AND m.author = 'agent'
"""
# In the hands of staff and not answered, who waits longest first. Whoever took over a moment ago is
# still at it: an answer that the agent prepares meanwhile has the time to come too late.
_WAITING = """
SELECT c.id FROM crm_conversation c JOIN crm_message m ON m.conversation_id = c.id
WHERE c.handler = 'staff' AND m.direction = 'in' AND m.answered_at IS NULL
AND NOT EXISTS (
    SELECT 1 FROM tickets_ticketevent e JOIN tickets_ticket t ON t.id = e.ticket_id
    WHERE t.conversation_id = c.id AND e.kind = 'taken_over'
    AND e.created_at > now() - interval '10 seconds'
)
GROUP BY c.id ORDER BY min(m.id) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Takeover:
    """What a person found who took a conversation over: from `turn` on it is theirs, `newest` was
    its last message, and the `tokens` are deliveries of the agent that had not begun to leave."""

    conversation: int
    turn: int
    newest: int
    tokens: frozenset[str]


@dataclass(slots=True)
class StaffBooks:
    takeovers: list[Takeover] = field(default_factory=list)
    replies: int = 0
    handed_back: int = 0
    foiled: int = 0  # by a database that was away


class Colleagues:
    """A context; somebody does something every `pause` seconds, 0 for never."""

    def __init__(self, *, seed: int, pause: float) -> None:
        self.books = StaffBooks()
        self._pause = pause
        self._random = random.Random(seed)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="colleagues")

    def __enter__(self) -> "Colleagues":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ending.set()
        self._thread.join()

    def _work(self) -> None:
        while self._pause and not self._ending.wait(self._pause):
            try:
                self._act()
            except DatabaseError:
                self.books.foiled += 1  # nobody knows whether it was kept, so nothing is claimed
            connection.close()
        connection.close()

    def _act(self) -> None:
        staff, _created = User.objects.get_or_create(
            username="storm", defaults={"first_name": "Sandra", "is_staff": True}
        )
        overtakes = self._random.random() < _OVERTAKING
        found = sorted(pk for (pk,) in ask(_AT_WORK if overtakes else _WAITING))
        if not found:
            return
        chosen = Conversation.objects.get(pk=self._random.choice(found))
        ticket = get_ticket_of_conversation(chosen)
        if ticket is None:
            return
        if overtakes:
            self._take_over(ticket, staff)
        else:
            self._see_to(ticket, staff)

    def _take_over(self, ticket: Ticket, staff: User) -> None:
        replies = self._random.random() < 0.5
        with transaction.atomic():
            if replies:
                reply_to_ticket(ticket=ticket, staff=staff, text=_REPLY, now=timezone.now())
            else:
                take_over_ticket(ticket=ticket, staff=staff, now=timezone.now())
            takeover = _look_at(ticket.conversation_id)
        self.books.takeovers.append(takeover)
        self.books.replies += replies

    def _see_to(self, ticket: Ticket, staff: User) -> None:
        reply_to_ticket(ticket=ticket, staff=staff, text=_REPLY, now=timezone.now())
        self.books.replies += 1
        self.books.handed_back += hand_back_ticket(ticket=ticket, staff=staff, now=timezone.now())


def _look_at(conversation_id: int) -> Takeover:
    """The caller's transaction holds the conversation's lock, under which every delivery is
    claimed: what is queued now has not begun to leave and must not any more."""
    conversation = Conversation.objects.get(pk=conversation_id)
    queued = Delivery.objects.filter(
        message__conversation=conversation_id,
        message__author=Message.Author.AGENT,
        state=Delivery.State.QUEUED,
    )
    newest = conversation.messages.order_by("pk").last()
    return Takeover(
        conversation=conversation_id,
        turn=conversation.turn,
        newest=newest.pk if newest else 0,
        tokens=frozenset(str(token) for token in queued.values_list("token", flat=True)),
    )
