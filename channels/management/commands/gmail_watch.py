from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from channels.gmail.account import get_account
from channels.gmail.mailbox import start_watch
from channels.types import TransportError


class Command(BaseCommand):
    help = "Starts or renews Gmail's notifications to GMAIL_PUBSUB_TOPIC, and says until when."

    def handle(self, *args: Any, **options: Any) -> None:
        account = get_account()
        missing = account.missing() + ([] if account.pubsub_topic else ["GMAIL_PUBSUB_TOPIC"])
        if missing:
            raise CommandError(f"Set {', '.join(missing)}; docs/channels.md says how.")
        try:
            ends_at = start_watch(now=timezone.now())
        except TransportError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Gmail notifies {account.pubsub_topic} until {ends_at:%Y-%m-%d %H:%M} UTC."
        )
