"""What providers sent is kept as it came for a while, and then the messages alone."""

from datetime import datetime, timedelta

from django.conf import settings

from channels.models import InboundEvent

_BATCH = 1000


def forget_originals(*, now: datetime) -> int:
    """Empties what was read and is older than KEEP_ORIGINALS_DAYS; returns how many events.

    The events stay, without content, so that what arrives once more is still known. What waits
    or is parked for a person keeps all. In batches, each its own commit.
    """
    if not settings.KEEP_ORIGINALS_DAYS:
        return 0
    before = now - timedelta(days=settings.KEEP_ORIGINALS_DAYS)
    old = InboundEvent.objects.unabridged().filter(received_at__lt=before).order_by("received_at")
    emptied = 0
    while True:
        batch = list(old.values_list("pk", flat=True)[:_BATCH])
        InboundEvent.objects.unabridged().filter(pk__in=batch).update(payload={}, raw=None)
        emptied += len(batch)
        if len(batch) < _BATCH:
            return emptied
