"""Which runs show that the knowledge had no answer, and what was asked in them."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from agent import plaintext
from agent.anonymity import anonymise
from agent.models import AgentRun, Draft, GapQuestion
from tickets.models import Ticket

Why = GapQuestion.Why

# Older runs are not brought up any more.
WINDOW = timedelta(days=90)
# An answer this near to the threshold of `agent.decision` was a close call; by design.
HARDLY_SURE = 0.6
MAX_CHARACTERS = 1_000

_HANDED_OVER = Q(decision=AgentRun.Decision.HAND_OVER, reason=Ticket.Reason.NO_KNOWLEDGE)
_REJECTED = Q(proposal__state=Draft.State.REJECTED)
_UNSURE = Q(
    decision__in=[AgentRun.Decision.SEND, AgentRun.Decision.DRAFT], confidence__lt=HARDLY_SURE
)


def list_unanswered(*, now: datetime) -> QuerySet[AgentRun]:
    """The runs of the last WINDOW that found no answer and are under no gap yet, oldest first."""
    return (
        AgentRun.objects.filter(
            _HANDED_OVER | _REJECTED | _UNSURE,
            state=AgentRun.State.DONE,
            started_at__gte=now - WINDOW,
            gap_question__isnull=True,
        )
        .select_related("conversation__customer", "message", "proposal")
        .order_by("pk")
    )


def tell_why(run: AgentRun) -> str:
    if run.decision == AgentRun.Decision.HAND_OVER:
        return Why.NO_KNOWLEDGE
    proposal = getattr(run, "proposal", None)
    rejected = proposal is not None and proposal.state == Draft.State.REJECTED
    return Why.REJECTED if rejected else Why.UNSURE


def read_question(run: AgentRun) -> str:
    """The newest message of the run without personal data; a first one with its subject, which
    often holds half of the question. "" if nothing was said in words."""
    said = plaintext.read(plaintext.said(run.message.text)).shown
    is_first = not run.conversation.messages.filter(direction="in", pk__lt=run.message_id).exists()
    subject = run.conversation.subject if is_first else ""
    whole = "\n".join(text for text in (subject, said) if text.strip())
    [text] = anonymise(run.conversation, [whole])
    return text.strip()[:MAX_CHARACTERS]
