"""The customer service window.

For 24 hours after a customer's last message a business may answer in free text; after that only
with an approved template (WhatsApp Business policy; error 63016). The window is looked at when
a message is sent, not when it is queued.
"""

from datetime import datetime, timedelta

WINDOW = timedelta(hours=24)
# Left for a person to still write something before the window closes.
REMINDER_AHEAD = timedelta(hours=2)


def closes_at(last_inbound_at: datetime) -> datetime:
    """The moment from which free text is refused."""
    return last_inbound_at + WINDOW


def window_is_open(last_inbound_at: datetime | None, now: datetime) -> bool:
    """Whether free text may be sent; never for somebody who has not written."""
    return last_inbound_at is not None and now < closes_at(last_inbound_at)


def reminder_is_due(last_inbound_at: datetime, now: datetime) -> bool:
    """Whether staff should hear that the window closes soon. That it is said once is the
    caller's: at most one reminder to each `last_inbound_at`."""
    return closes_at(last_inbound_at) - REMINDER_AHEAD <= now < closes_at(last_inbound_at)
