"""What follows when a customer's message waits for an answer: a job of the agent."""

from typing import Any

from django.dispatch import receiver

from config import jobs
from crm.signals import code_refused
from tickets.signals import message_received


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
