"""Messages that follow each other within seconds are answered together.

People write on WhatsApp as they speak: "hi", "i have a board", "how do i export it?". Where a
form or a mail is written in one go, its message is answered at once.
"""

from datetime import datetime, timedelta

from django.db.models import Max, Min

from config import jobs
from crm.models import Conversation, Message

BURST_PAUSE = timedelta(seconds=3)
# After the first message the answer waits no longer than this, however fast others follow.
LONGEST_PAUSE = timedelta(seconds=12)
CHATS = (Conversation.Channel.WHATSAPP,)


def wait_for_rest(conversation_id: int, *, message_id: int, now: datetime) -> bool:
    """Whether the job that `message_id` rang should stop, since more may follow.

    The newest message's job comes again after the pause; the others leave it to that one.
    """
    waiting = (
        Message.objects.awaiting_answer()
        .filter(
            conversation=conversation_id,
            conversation__channel__in=CHATS,
            conversation__handler=Conversation.Handler.AGENT,
        )
        .aggregate(first=Min("created_at"), last=Max("created_at"), newest=Max("pk"))
    )
    if waiting["newest"] is None:
        return False
    due = min(waiting["last"] + BURST_PAUSE, waiting["first"] + LONGEST_PAUSE)
    if now >= due:
        return False
    if message_id == waiting["newest"]:
        jobs.enqueue(
            "agent.resume_conversation",
            queue="agent",
            at=min(due, now + LONGEST_PAUSE),  # a message may be dated by a clock that is ahead
            conversation_id=conversation_id,
            message_id=message_id,
        )
    return True


def resume(conversation_id: int, *, message_id: int) -> None:
    """After the pause: the job that answers, in its turn among the conversation's jobs.

    A job that waits for its time must not hold the conversation's lock meanwhile.
    """
    jobs.enqueue(
        "agent.answer_conversation",
        lock=f"conversation:{conversation_id}",
        queue="agent",
        conversation_id=conversation_id,
        message_id=message_id,
    )
