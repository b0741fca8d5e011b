"""What a decision does to conversation, ticket and time series, inside the run's transaction."""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import override

from agent.models import AgentMetric, AgentRun, Draft
from agent.naming import name_by_run
from agent.pipeline import Considered
from agent.types import Started
from crm import services as crm
from crm import unanswered
from crm.models import Conversation, Message
from crm.trust import explain_account_trust
from tickets import services as tickets
from tickets.models import Ticket

Action = AgentRun.Decision


def apply(
    started: Started,
    considered: Considered,
    *,
    conversation: Conversation,
    now: datetime,
) -> Message | None:
    """The reply that is sent, if one is. The caller's transaction holds the conversation's lock
    and ends with the run's fence.

    Raises IntegrityError if the newest message has an answer by the agent already.
    """
    decision = considered.decision
    message = started.messages[-1]
    ticket = _get_ticket(conversation, message)
    reply = None
    name_by_run(ticket, started.run, started.question.texts, now=now)
    Draft.objects.filter(conversation=conversation, state=Draft.State.OPEN).update(
        state=Draft.State.OUTDATED, decided_at=now
    )
    match decision.action:
        case Action.SEND:
            reply = crm.queue_agent_reply(
                conversation=conversation,
                answers=message,
                text=decision.text,
                sources=decision.sources,
                now=now,
            )
            tickets.note_agent_reply(ticket=ticket, now=now)
        case Action.DRAFT:
            Draft.objects.create(
                run=started.run,
                conversation=conversation,
                text=decision.text,
                sources=list(decision.sources),
                created_at=now,
            )
            tickets.await_approval(ticket=ticket, now=now)
            _acknowledge(conversation, message, considered.reading.language, now)
        case Action.HAND_OVER | Action.SHADOW:
            detail = _explain(considered, conversation)
            with override(considered.reading.language or None):
                tickets.escalate_ticket(
                    ticket=ticket,
                    reason=decision.reason or Ticket.Reason.HUMAN_REQUEST,
                    detail=crm.printable(detail),
                    actor=tickets.AGENT,
                    now=now,
                    answers=message,
                )
        case Action.NO_REPLY:
            # Thanks leave nothing to do: what they reopened is resolved again, and a rating can
            # be asked for. What came meanwhile keeps it open, and later it reopens the ticket.
            unanswered.mark_answered(conversation=conversation, up_to=message, now=now)
            tickets.resolve_ticket(ticket=ticket, actor=tickets.AGENT, now=now, seen=message.pk)
    return reply


def keep_metric(
    started: Started,
    considered: Considered,
    *,
    effective: bool,
    cost: Decimal | None,
    now: datetime,
) -> None:
    """One row for a run that ended. What came too late answered nothing and handed nothing over,
    but it was paid for. A greeting given back, which rests on no source, answers nothing."""
    action = considered.decision.action
    AgentMetric.objects.create(
        channel=started.run.conversation.channel,
        recorded_at=now,
        conversation=started.run.conversation,
        sentiment=considered.reading.sentiment,
        escalated=effective and action in {Action.HAND_OVER, Action.SHADOW},
        answered=effective and action == Action.SEND and bool(considered.decision.sources),
        latency_seconds=max(0.0, (now - started.waiting_since).total_seconds()),
        cost=cost,
    )


def _explain(considered: Considered, conversation: Conversation) -> str:
    """Why it went to people; of an account, also whether its owner is proven to ask."""
    decision = considered.decision
    if decision.reason != Ticket.Reason.ACCOUNT:
        return decision.explanation
    return f"{decision.explanation}\n{explain_account_trust(conversation)}"


def _get_ticket(conversation: Conversation, message: Message) -> Ticket:
    ticket = tickets.get_ticket_of_conversation(conversation)
    return ticket or tickets.open_ticket(message=message, subject=conversation.subject)


def _acknowledge(
    conversation: Conversation, message: Message, language: str, now: datetime
) -> None:
    """Says once a conversation that an answer is on its way: a draft may wait for the morning."""
    if conversation.messages.filter(author=Message.Author.SYSTEM).exists():
        return
    with override(language or None):
        text = _("Thank you for your message. A colleague is checking the answer for you.")
    crm.queue_system_reply(conversation=conversation, answers=message, text=text, now=now)
