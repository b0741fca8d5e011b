"""The other side: what the desk made of the customers' messages."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils.translation import gettext as _

from channels.models import Delivery, DeliveryAttempt, InboundEvent
from crm.models import Conversation
from tickets.models import Ticket

_ON_THE_WAY = (Delivery.State.QUEUED, Delivery.State.SENDING)
_SHOWN_ATTEMPTS = 8
Channel = Conversation.Channel
State = InboundEvent.State


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one external message. `link` leads to the console, "" while there is
    nothing to see; `parked` says why nobody answers it by itself."""

    title: str
    link: str
    parked: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send, as the delivery's history has it."""

    at: datetime
    channel: str
    number: int
    outcome: str
    good: bool
    problem: str
    link: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """How many parts of replies are on their way, and how many of unknown outcome."""

    waiting: int
    held: int
    unknown: int


def find_taken(channel: str, groups: Mapping[str, Collection[str]]) -> dict[str, Taken]:
    """For each group of messages the newest thing that the desk made of them; a group that it
    knows nothing of is left out. Mails are named by Gmail's ids, others by external ids."""
    wanted = [name for names in groups.values() for name in names]
    name = KT("payload__gmail_id") if channel == Channel.EMAIL else F("external_id")
    # Their annotation is lost to the type checker on a manager of our own.
    named: Iterable[Any] = (
        InboundEvent.objects.filter(channel=channel)
        .annotate(name=name)
        .filter(name__in=wanted)
        .select_related("message")
        .defer("payload", "raw", "message__text", "message__full_text", "message__html")
    )
    events: dict[str, InboundEvent] = {event.name: event for event in named}
    conversations = {each.message.conversation_id for each in events.values() if each.message}
    tickets = {
        ticket.conversation_id: ticket
        for ticket in Ticket.objects.filter(conversation__in=conversations).order_by("id")
    }
    taken: dict[str, Taken] = {}
    for group, names in groups.items():
        known = [events[name] for name in names if name in events]
        # Our own mail comes back with the mailbox's history, and nothing becomes of it.
        told = [event for event in known if event.message or event.state != State.PROCESSED]
        if known:
            newest = max(told or known, key=lambda event: event.pk)
            conversation = newest.message.conversation_id if newest.message else None
            taken[group] = _describe(newest, tickets.get(conversation or 0))
    return taken


def get_outbox(channel: str) -> Outbox:
    open_parts = Delivery.objects.filter(message__conversation__channel=channel)
    return Outbox(
        waiting=open_parts.filter(state__in=_ON_THE_WAY).count(),
        held=open_parts.filter(state=Delivery.State.HELD).count(),
        unknown=open_parts.filter(state=Delivery.State.UNKNOWN).count(),
    )


def list_attempts() -> list[Attempt]:
    """The last tries to send by mail and WhatsApp, the newest first."""
    played = (Channel.EMAIL, Channel.WHATSAPP)
    found = (
        DeliveryAttempt.objects.filter(delivery__message__conversation__channel__in=played)
        .select_related("delivery__message__conversation")
        .order_by("-id")[:_SHOWN_ATTEMPTS]
    )
    return [
        Attempt(
            at=attempt.at,
            channel=attempt.delivery.message.conversation.get_channel_display(),
            number=attempt.number,
            outcome=attempt.get_outcome_display(),
            good=attempt.outcome == Delivery.State.SENT,
            problem=attempt.problem,
            link=reverse("admin:channels_delivery_change", args=[attempt.delivery_id]),
        )
        for attempt in found
    ]


def _describe(event: InboundEvent, ticket: Ticket | None) -> Taken:
    if ticket is None:
        link = reverse("admin:channels_inboundevent_change", args=[event.pk])
        return Taken(_("Parked") if event.problem else _("Being read"), link, event.problem)
    reason = f" ({ticket.get_escalation_reason_display()})" if ticket.escalation_reason else ""
    return Taken(
        f"{ticket.reference}, {ticket.get_status_display()}{reason}",
        reverse("admin:tickets_ticket_change", args=[ticket.pk]),
        event.problem,
    )
