"""How a channel speaks, changed by an administrator, with what follows from it."""

from django.db import transaction

from channels import recovery
from channels.models import ChannelConfig


@transaction.atomic
def save_channel(channel: ChannelConfig) -> int:
    """Saves the settings. What an enabled channel held back is tried again; returns how many."""
    channel.save()
    return recovery.release_held(channel=channel.channel) if channel.enabled else 0
