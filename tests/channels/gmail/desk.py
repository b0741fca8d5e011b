"""The desk as its mailbox meets it: mails come in by a sync or directly, replies leave."""

import hashlib
from contextlib import suppress
from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from channels import delivery, inbound, reconciliation, recovery
from channels.gmail.arrival import event_payload
from channels.gmail.double import GmailDouble
from channels.gmail.fetching import fetch_mails
from channels.gmail.mailbox import sync_mailbox
from channels.gmail.types import RawMail
from channels.intake import accept_event
from channels.models import Delivery, InboundEvent
from channels.types import TransportError
from crm import services
from crm.models import Conversation, Message
from tickets.models import Ticket

State = Delivery.State


def receive(
    raw: bytes,
    *,
    thread: str = "",
    labels: tuple[str, ...] = ("INBOX", "UNREAD"),
    gmail_id: str = "",
    received_at: datetime | None = None,
) -> InboundEvent:
    """A mail as the sync stores it, then read; without a thread it begins one."""
    now = timezone.now()
    gmail_id = gmail_id or hashlib.sha256(raw).hexdigest()[:16]
    mail = RawMail(gmail_id, thread or gmail_id, labels, received_at or now, raw)
    accept_event(
        channel="email",
        external_id=f"gmail:{gmail_id}",
        payload=event_payload(mail),
        sender=mail.thread_id,
        now=now,
        raw=raw,
    )
    event = InboundEvent.objects.get(external_id=f"gmail:{gmail_id}")
    inbound.process_event(event.pk, now=now)
    event.refresh_from_db()
    return event


def message_of(event: InboundEvent) -> Message:
    assert event.message is not None, event.problem
    return event.message


def conversation_of(event: InboundEvent) -> Conversation:
    return message_of(event).conversation


def ticket_of(event: InboundEvent) -> Ticket:
    return Ticket.objects.filter(conversation=conversation_of(event)).latest("id")


def catch_up() -> None:
    """Follows the mailbox, fetches and reads what came."""
    sync_mailbox(now=timezone.now())
    fetch_mails()
    for event in InboundEvent.objects.filter(state=InboundEvent.State.RECEIVED).order_by("id"):
        inbound.process_event(event.pk, now=timezone.now())


def answer(conversation: Conversation, text: str = "Open the settings.") -> Delivery:
    """Queues an automatic reply to the newest message."""
    newest = conversation.messages.filter(direction=Message.Direction.INBOUND).latest("id")
    message = services.queue_agent_reply(
        conversation=Conversation.objects.get(pk=conversation.pk),
        answers=newest,
        text=text,
        sources=[{"title": "Settings", "url": "https://help.example/settings"}],
        now=timezone.now(),
    )
    return Delivery.objects.get(message=message)


def send(queued: Delivery) -> Delivery:
    """One attempt, as the queue makes it."""
    with suppress(TransportError):
        delivery.deliver(queued.pk)
    queued.refresh_from_db()
    return queued


def settle(queued: Delivery, *, rounds: int = 12) -> Delivery:
    """What the queue and the periodic look-ups do with one delivery until it is final."""
    for _each in range(rounds):
        queued.refresh_from_db()
        if queued.state == State.QUEUED:
            send(queued)
        elif queued.state == State.SENDING:
            expire_lease(queued)
            recovery.rescue_deliveries(now=timezone.now())
        elif queued.state == State.UNKNOWN:
            reconciliation.reconcile(queued.pk, now=timezone.now())
        else:
            break
    queued.refresh_from_db()
    return queued


def expire_lease(queued: Delivery) -> None:
    Delivery.objects.filter(pk=queued.pk).update(lease_until=timezone.now())


def sent_once(double: GmailDouble, queued: Delivery) -> bool:
    return double.sent_per_delivery() == {str(queued.token): 1}


def jobs(task: str) -> int:
    return ProcrastinateJob.objects.filter(task_name=task, status="todo").count()


def forget_jobs() -> None:
    ProcrastinateJob.objects.all()._raw_delete("default")
