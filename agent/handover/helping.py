"""What is made for people who hold a conversation: replies to choose from, and a summary."""

from datetime import datetime

from agent.handover.telling import tell
from agent.models import Handover
from agent.suggestions.making import suggest_replies


def help_staff(conversation_id: int, *, now: datetime) -> None:
    """Suggests replies to what waits, and has the newest hand-over told in short. May run twice.
    Slow: for the worker, with no transaction open."""
    suggest_replies(conversation_id, now=now)
    handover = (
        Handover.objects.filter(run__conversation=conversation_id)
        .select_related("run__conversation")
        .first()
    )
    if handover is not None:
        tell(handover)
