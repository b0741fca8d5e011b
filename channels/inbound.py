"""From an accepted event to a message in its conversation, once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from channels import arrivals
from channels.gmail.arrival import read_mail_event
from channels.intake import enqueue_event
from channels.models import InboundEvent
from channels.types import Arrival, Unreadable
from channels.whatsapp.arrival import read_whatsapp_event
from crm import alerts
from crm.models import Conversation, Rescue
from crm.rescues import note_rescue

log = structlog.get_logger(__name__)

Channel = Conversation.Channel
State = InboundEvent.State
# An event that still waits then has lost its job.
LOST_AFTER = timedelta(minutes=5)
MAX_ATTEMPTS = 5

_READERS: dict[str, Callable[[InboundEvent], Arrival]] = {
    Channel.EMAIL: read_mail_event,
    Channel.WHATSAPP: read_whatsapp_event,
}


def process_event(event_id: int, *, now: datetime) -> None:
    """Reads the event and records what it brings. A second run of the job finds it done.

    What cannot be read, and what no person wrote, is parked with the reason, never dropped. So
    is what broke MAX_ATTEMPTS runs; before, the error goes to the queue, which tries again. A
    database that is away is not the event's fault and counts for nothing.
    """
    waiting = InboundEvent.objects.filter(pk=event_id, state=State.RECEIVED)
    # Counted before it is read, for it may end the whole process.
    if not waiting.update(attempts=F("attempts") + 1):
        return
    event = InboundEvent.objects.get(pk=event_id)
    try:
        if event.attempts > MAX_ATTEMPTS:
            raise Unreadable(_("It ended the process that read it."))
        _process(event, now=now)
    except Unreadable as why:
        _park_unreadable(event, str(why), now=now)
    except OperationalError:
        waiting.update(attempts=F("attempts") - 1)
        raise
    except Exception as error:
        if event.attempts < MAX_ATTEMPTS:
            raise
        log.exception("event_not_processed", inbound_event=event_id, channel=event.channel)
        problem = _("Reading it failed %(count)s times, with %(error)s.")
        _park_unreadable(
            event, problem % {"count": event.attempts, "error": type(error).__name__}, now=now
        )


def _process(event: InboundEvent, *, now: datetime) -> None:
    arrival = _READERS[event.channel](event)
    with transaction.atomic():
        waiting = InboundEvent.objects.select_for_update().filter(pk=event.pk, state=State.RECEIVED)
        if not waiting.exists():
            return
        recorded = arrivals.record_arrival(arrival, now=now)
        waiting.update(
            state=State.PARKED if recorded.parked else State.PROCESSED,
            problem=recorded.parked,
            message=recorded.message,
        )
    log.info(
        "event_processed",
        inbound_event=event.pk,
        channel=event.channel,
        parked=bool(recorded.parked),
    )


@transaction.atomic
def reprocess_event(event: InboundEvent, *, now: datetime) -> bool:
    """Reads a parked event once more, for a person; False if it is not parked."""
    again = InboundEvent.objects.filter(pk=event.pk, state=State.PARKED, message=None).update(
        state=State.RECEIVED, problem="", attempts=0
    )
    if again:
        alerts.clear_alert(_alert_key(event), now=now)
        enqueue_event(event, sender=str(event.pk))
    return bool(again)


def rescue_events(*, now: datetime) -> int:
    """Gives a job to every event that lost its own, oldest first; returns how many."""
    lost = InboundEvent.objects.filter(
        state=State.RECEIVED, received_at__lt=now - LOST_AFTER
    ).order_by("received_at", "pk")
    rescued = sum(_rescue(event) for event in lost.only("channel").iterator())
    note_rescue(Rescue.Kind.EVENT, now=now, count=rescued)
    return rescued


@transaction.atomic
def _rescue(event: InboundEvent) -> bool:
    """Locks the event, so that no job is made for one that another process has just read."""
    waiting = InboundEvent.objects.select_for_update(skip_locked=True).filter(
        pk=event.pk, state=State.RECEIVED
    )
    if not waiting.exists():
        return False
    return bool(enqueue_event(event, sender=str(event.pk), unless_queued=True))


@transaction.atomic
def _park_unreadable(event: InboundEvent, problem: str, *, now: datetime) -> None:
    InboundEvent.objects.filter(pk=event.pk, state=State.RECEIVED).update(
        state=State.PARKED, problem=problem
    )
    alerts.raise_alert(
        _alert_key(event),
        title=_("A message could not be read"),
        detail=_("%(problem)s It is kept under inbound events.") % {"problem": problem},
        now=now,
    )


def _alert_key(event: InboundEvent) -> str:
    return f"inbound:{event.pk}"
