"""What waits in a conversation, cleaned for reading, with what was said before it."""

from collections.abc import Sequence

from django.db.models import Q

from agent import plaintext
from agent.models import AgentRun
from agent.types import Question
from crm.history import list_conversation_messages
from crm.models import Conversation, Message
from crm.trust import get_proven_identifier, may_hear_of_account

PAST_MESSAGES = 30
PAST_SENTIMENTS = 5


def build_question(conversation: Conversation, messages: Sequence[Message]) -> Question:
    """The question that the messages ask together, oldest first; there is at least one."""
    read = [plaintext.read(plaintext.said(message.text)) for message in messages]
    past = list_conversation_messages(
        conversation, limit=PAST_MESSAGES, before=messages[0].created_at
    )
    earlier = conversation.messages.filter(
        author=Message.Author.CUSTOMER, pk__lt=messages[0].pk
    ).order_by("-pk")
    readings = list(earlier.values_list("sentiment", "language")[:PAST_MESSAGES])
    scores = [score for score, _language in readings if score is not None]
    return Question(
        channel=conversation.channel,
        subject=plaintext.read(conversation.subject).shown if not readings else "",
        texts=tuple(text.shown for text in read),
        hidden="\n".join(text.hidden for text in read if text.hidden),
        past=tuple(past),
        past_sentiments=tuple(reversed(scores[:PAST_SENTIMENTS])),
        language=next((language for _score, language in readings if language), "")
        or conversation.customer.language[:2],
        # What was said without words may still be on its way from the provider.
        has_files=any(
            message.attachments.all() or (message.text and not plaintext.said(message.text))
            for message in messages
        ),
        is_proven=may_hear_of_account(get_proven_identifier(conversation)),
    )


def list_seen_messages(run: AgentRun) -> list[Message]:
    """The messages that waited when the run began, oldest first; the run's own at least."""
    waiting = run.conversation.messages.filter(
        Q(answered_at=None) | Q(answered_at__gt=run.started_at),
        direction=Message.Direction.INBOUND,
        pk__lte=run.message_id,
    )
    return list(waiting.prefetch_related("attachments").order_by("pk")) or [run.message]
