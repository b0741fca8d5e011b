"""Signals of the CRM; receivers only enqueue, inside the sender's transaction."""

from django.dispatch import Signal

# A message to the customer was recorded. Arguments: message: Message, with its conversation.
reply_queued = Signal()

# What looked like a returned code is none: it waits for an answer like any other message.
# Arguments: conversation_id: int, message_id: int.
code_refused = Signal()
