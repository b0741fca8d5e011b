from channels.models.delivery import Delivery, DeliveryAttempt
from channels.models.inbound import InboundEvent, PendingMail, SyncCursor, ThreadKey
from channels.models.limits import RateCounter, Suppression
from channels.models.settings import ChannelConfig

__all__ = [
    "ChannelConfig",
    "Delivery",
    "DeliveryAttempt",
    "InboundEvent",
    "PendingMail",
    "RateCounter",
    "Suppression",
    "SyncCursor",
    "ThreadKey",
]
