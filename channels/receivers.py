"""What follows when the CRM queues a message: a delivery and its job, in one transaction."""

from typing import Any

from django.dispatch import receiver

from channels.delivery import queue_delivery
from crm.models import Message
from crm.signals import reply_queued


@receiver(reply_queued, dispatch_uid="channels.delivery")
def deliver_reply(*, message: Message, **kwargs: Any) -> None:
    queue_delivery(message)
