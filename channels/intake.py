"""What a provider hands over is kept before anything is done with it."""

from datetime import datetime

from django.db import transaction

from channels.models import InboundEvent
from config import jobs


@transaction.atomic
def accept_event(
    *,
    channel: str,
    external_id: str,
    payload: dict[str, object],
    sender: str,
    now: datetime,
    raw: bytes | None = None,
) -> bool:
    """Stores what arrived and the job that will read it, in one commit; False if it is known.

    What the same `sender` sent is read in the order of its arrival.
    """
    event, created = InboundEvent.objects.get_or_create(
        external_id=external_id[:255],
        defaults={"channel": channel, "payload": payload, "raw": raw, "received_at": now},
    )
    if created:
        enqueue_event(event, sender=sender)
    return created


def enqueue_event(event: InboundEvent, *, sender: str, unless_queued: bool = False) -> int:
    return jobs.enqueue(
        "channels.process_event",
        lock=f"inbound:{event.channel}:{sender}"[:200],
        queue="inbound",
        unless_queued=unless_queued,
        event_id=event.pk,
    )
