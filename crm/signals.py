"""Signals of the CRM; receivers only enqueue, inside the sender's transaction."""

from django.dispatch import Signal

# A message to the customer was recorded. Arguments: message_id: int.
reply_queued = Signal()
