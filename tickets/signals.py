"""Signals of the tickets; receivers only enqueue, inside the sender's transaction."""

from django.dispatch import Signal

# A customer's message belongs to a ticket and waits for the agent.
# Arguments: conversation_id: int, message_id: int.
message_received = Signal()

# People hold a conversation from now on. Arguments: conversation_id: int.
handed_over = Signal()

# The customer rated a finished ticket. Arguments: ticket_id: int, score: int.
rated = Signal()

# Staff sent a reply that they wrote from an offer on the ticket's page, which `used` names.
# Arguments: conversation_id: int, message_id: int, used: str.
offer_used = Signal()
