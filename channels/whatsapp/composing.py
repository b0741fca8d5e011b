"""What stands around a text on WhatsApp."""

from urllib.parse import urljoin

from django.conf import settings

from channels.models import ChannelConfig
from channels.types import Outgoing
from channels.whatsapp.splitting import HARD_LIMIT, length
from crm.models import Conversation, Message


def get_config() -> ChannelConfig:
    """The channel's settings, or their defaults."""
    channel = Conversation.Channel.WHATSAPP
    return ChannelConfig.objects.filter(channel=channel).first() or ChannelConfig(channel=channel)


def compose(outgoing: Outgoing) -> str:
    """The part as it is sent: a chat is greeted once, at our first message in it; the last part
    of a message names the pages that it rests on and is signed.

    What would make it longer than WhatsApp takes is left out; the text itself never is.
    """
    config = get_config()
    message = outgoing.message
    body = outgoing.text
    if outgoing.part == 1 and config.greeting and _is_first(message):
        body = _fitting(f"{config.greeting}\n\n{body}", body)
    if not message.deliveries.filter(part__gt=outgoing.part).exists():
        for address in _addresses(message):
            body = _fitting(f"{body}\n\n{address}", body)
        if config.signature:
            body = _fitting(f"{body}\n\n{config.signature}", body)
    return body


def _is_first(message: Message) -> bool:
    earlier = Message.objects.filter(
        conversation=message.conversation_id,
        direction=Message.Direction.OUTBOUND,
        pk__lt=message.pk,
    )
    return not earlier.exists()


def _addresses(message: Message) -> list[str]:
    """The public pages of an answer's sources, each once, unless the text has them already."""
    found = [urljoin(f"{settings.PUBLIC_URL}/", source["url"]) for source in message.sources]
    return [address for address in dict.fromkeys(found) if address not in message.text][:3]


def _fitting(longer: str, shorter: str) -> str:
    return longer if length(longer) <= HARD_LIMIT else shorter
