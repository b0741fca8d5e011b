"""What waits in a conversation, cleaned for reading, with what was said before it."""

import functools
from collections.abc import Sequence

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from agent import plaintext
from agent.models import AgentRun, Draft
from agent.types import Question
from crm.history import list_conversation_messages
from crm.models import Attachment, Conversation, Message
from crm.trust import get_proven_identifier, may_hear_of_account
from crm.types import PastMessage

PAST_MESSAGES = 30
PAST_SENTIMENTS = 5


def build_question(conversation: Conversation, messages: Sequence[Message]) -> Question:
    """The question that the messages ask together, oldest first; there is at least one. They come
    from `with_context`, so that the first of a conversation takes no query for its past."""
    read = [plaintext.read(plaintext.said(message.text)) for message in messages]
    past: Sequence[PastMessage] = ()
    readings: list[tuple[float | None, str]] = []
    if messages[0].has_past:  # type: ignore[attr-defined]  # annotated
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
            message.has_files  # type: ignore[attr-defined]  # annotated
            or (message.text and not plaintext.said(message.text))
            for message in messages
        ),
        is_proven=may_hear_of_account(get_proven_identifier(conversation)),
    )


@functools.cache
def list_waiting() -> QuerySet[Message]:
    """What waits for an answer, of any conversation, with its context and how it was tried before:
    whether the conversation `has_draft` that can be decided and `has_running` runs, and how many
    `failures` runs on the message were. To be filtered; to put it together takes longer than to
    ask it."""
    drafts = Draft.objects.decidable().filter(conversation=OuterRef("conversation"))
    running = AgentRun.objects.filter(
        conversation=OuterRef("conversation"), state=AgentRun.State.RUNNING
    )
    failed = AgentRun.objects.filter(message=OuterRef("pk"), state=AgentRun.State.FAILED)
    count = failed.order_by().values("message").annotate(count=Count("*")).values("count")
    return with_context(Message.objects.awaiting_answer()).annotate(
        has_draft=Exists(drafts),
        has_running=Exists(running),
        failures=Coalesce(Subquery(count), 0),
    )


def with_context(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Adds `has_files`, and `has_past`: whether the conversation has anything before the message,
    by its number or its time."""
    before = Q(pk__lt=OuterRef("pk")) | Q(created_at__lt=OuterRef("created_at"))
    past = Message.objects.filter(before, conversation=OuterRef("conversation"))
    files = Attachment.objects.filter(message=OuterRef("pk"))
    return messages.annotate(has_files=Exists(files), has_past=Exists(past))


def list_seen_messages(run: AgentRun) -> list[Message]:
    """The messages that waited when the run began, oldest first; the run's own at least."""
    waiting = run.conversation.messages.filter(
        Q(answered_at=None) | Q(answered_at__gt=run.started_at),
        direction=Message.Direction.INBOUND,
        pk__lte=run.message_id,
    )
    own = Message.objects.filter(pk=run.message_id)
    return list(with_context(waiting).order_by("pk")) or list(with_context(own))
