"""Messages whose webhook was missed.

Twilio retries a webhook little and stops after about 15 seconds. So what came in since a
watermark is listed, and taken in as if its webhook had come: the same parameters, the same id.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from channels.whatsapp.client import TwilioClient
from channels.whatsapp.types import ListedMessage, MediaRef, Parameters, external_id

# Listed again each time, since messages appear in the listing a little late.
OVERLAP = timedelta(minutes=10)


def find_missed(
    client: TwilioClient,
    *,
    since: datetime,
    known: Callable[[Collection[str]], Collection[str]],
) -> Iterator[tuple[ListedMessage, Parameters]]:
    """Each missed message, oldest first, with the parameters its webhook would have had.

    `known` returns which of these external ids were accepted already. The watermark may be set
    to when the listing began once all of them are stored.
    """
    listed = client.list_messages(to=client.sender, date_sent_after=since - OVERLAP)
    incoming = [message for message in reversed(listed) if not message.outgoing]
    accepted = set(known([external_id(message.sid) for message in incoming]))
    for message in incoming:
        if external_id(message.sid) not in accepted:
            media = client.list_media(message.sid) if message.media_count else ()
            yield message, as_parameters(message, media)


def as_parameters(message: ListedMessage, media: tuple[MediaRef, ...]) -> Parameters:
    """The webhook's parameters as far as the listing knows them; it knows no profile name."""
    files = [
        (f"{name}{number}", value)
        for number, each in enumerate(media)
        for name, value in (("MediaUrl", each.url), ("MediaContentType", each.content_type))
    ]
    return (
        ("MessageSid", message.sid),
        ("From", message.from_address),
        ("To", message.to_address),
        ("Body", message.body),
        ("NumMedia", str(len(media))),
        *files,
    )
