"""The files of a message, fetched after it was recorded.

The agent may look before they are there: of a message without words it knows from the text in
brackets that there is something which it has not seen.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from channels.models import InboundEvent
from channels.types import TransportError
from channels.whatsapp.arrival import parse_event
from channels.whatsapp.media import MediaUnavailable, fetch_media, file_stem
from channels.whatsapp.types import MediaRef
from crm.models import Attachment, Message
from crm.types import IncomingFile

# After this long what could not be fetched is missing; the job's retries last longer.
GIVE_UP_AFTER = timedelta(minutes=15)
MAX_FILES = 10


def fetch_files(message_id: int, *, now: datetime) -> None:
    """Adds each file to the message, or a remark that says why it is missing.

    What an earlier run added stays as it is. Raises a transient TransportError while some file
    may still come.
    """
    event = InboundEvent.objects.get(message=message_id)
    late = now >= event.received_at + GIVE_UP_AFTER
    postponed: TransportError | None = None
    for ref in parse_event(event).media[:MAX_FILES]:
        if _has_file(message_id, ref):
            continue
        try:
            _add_file(message_id, fetch_media(ref))
        except MediaUnavailable as error:
            _add_remark(message_id, str(error))
        except TransportError as error:
            if late:
                _add_remark(message_id, str(error))
            else:
                postponed = error
    if postponed is not None:
        raise postponed


def _has_file(message_id: int, ref: MediaRef) -> bool:
    return Attachment.objects.filter(
        message=message_id, name__startswith=f"{file_stem(ref)}."
    ).exists()


@transaction.atomic
def _add_file(message_id: int, file: IncomingFile) -> None:
    message = Message.objects.select_for_update().get(pk=message_id)
    if message.attachments.filter(name=file.name).exists():  # a job that ran at the same time
        return
    Attachment.objects.create(
        message=message,
        name=file.name,
        content_type=file.content_type,
        size=len(file.content),
        content=file.content,
    )


@transaction.atomic
def _add_remark(message_id: int, reason: str) -> None:
    message = Message.objects.select_for_update().get(pk=message_id)
    remark = _("A file is missing. %(reason)s") % {"reason": reason}
    if remark not in message.remarks:
        message.remarks = [*message.remarks, remark]
        message.save(update_fields=["remarks"])
