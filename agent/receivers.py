"""What follows when a message waits, people take over, or use what was offered: jobs."""

from typing import Any

from django.dispatch import receiver

from agent.gaps.stale import BAD_RATING
from agent.suggestions.use import PREFIX
from config import jobs
from crm.keys import parse_key
from crm.signals import code_refused
from tickets.signals import handed_over, message_received, offer_used, rated


@receiver(code_refused, dispatch_uid="agent.answer_no_code")
@receiver(message_received, dispatch_uid="agent.answer")
def answer_message(*, conversation_id: int, message_id: int, **kwargs: Any) -> None:
    jobs.enqueue(
        "agent.answer_conversation",
        lock=f"conversation:{conversation_id}",
        queue="agent",
        conversation_id=conversation_id,
        message_id=message_id,
    )


@receiver(handed_over, dispatch_uid="agent.help_staff")
def help_staff(*, conversation_id: int, **kwargs: Any) -> None:
    jobs.enqueue(
        "agent.help_staff",
        lock=f"conversation:{conversation_id}",
        queue="agent",
        conversation_id=conversation_id,
    )


@receiver(rated, dispatch_uid="agent.tell_owners")
def tell_owners(*, ticket_id: int, score: int, **kwargs: Any) -> None:
    if score <= BAD_RATING:
        jobs.enqueue("agent.tell_owners", ticket_id=ticket_id)


@receiver(offer_used, dispatch_uid="agent.note_use")
def note_use(*, conversation_id: int, message_id: int, used: str, **kwargs: Any) -> None:
    if used.startswith(PREFIX):
        suggestion_id = parse_key(used.removeprefix(PREFIX))
        # In turn with the jobs that take offers away, and by its priority before them.
        jobs.enqueue(
            "agent.note_use",
            lock=f"conversation:{conversation_id}",
            suggestion_id=suggestion_id,
            message_id=message_id,
        )
