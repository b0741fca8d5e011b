"""Signals of the tickets; receivers only enqueue, inside the sender's transaction."""

from django.dispatch import Signal

# A customer's message belongs to a ticket and waits for the agent.
# Arguments: conversation_id: int, message_id: int.
message_received = Signal()
