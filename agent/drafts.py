"""What staff do with an answer that the agent prepared and may not send by itself."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from agent.models import AgentRun, Draft
from crm import services as crm
from crm.models import Message, User
from tickets import services as tickets
from tickets.models import Ticket

State = Draft.State


class DraftOutdatedError(Exception):
    """The draft no longer fits: it was decided, a person took over, or the customer wrote on.

    Its text says which, for staff.
    """


@transaction.atomic
def approve_draft(*, draft: Draft, staff: User, text: str | None = None, now: datetime) -> Message:
    """Sends the draft, or the staff's version of it, the way that every reply takes.

    Unchanged, it is the agent's answer, with its sources, and the agent keeps the conversation.
    Edited, no passage vouches for it any more: it goes out as the reply of who edited it, who
    holds the conversation from then on. Raises DraftOutdatedError if it no longer fits.
    """
    locked = _lock(draft)
    ticket = tickets.get_ticket_of_conversation(locked.conversation)
    if ticket is None:
        raise DraftOutdatedError(_("The conversation has no ticket."))
    final = crm.printable(text or "").strip() or locked.text
    if final == locked.text.strip():
        message = _send_as_agent(locked, ticket, staff, now)
        _decide(locked, State.APPROVED, staff, now, final)
    else:
        _decide(locked, State.EDITED, staff, now, final)
        message = tickets.reply_to_ticket(
            ticket=ticket, staff=staff, text=final, now=now, seen=locked.run.message_id
        )
    AgentRun.objects.filter(pk=locked.run_id).update(reply=message)
    return message


@transaction.atomic
def reject_draft(*, draft: Draft, staff: User, now: datetime) -> None:
    """Throws the draft away; the conversation goes to people, since somebody has to answer.

    Raises DraftOutdatedError if it no longer fits.
    """
    locked = _lock(draft)
    _decide(locked, State.REJECTED, staff, now, "")
    ticket = tickets.get_ticket_of_conversation(locked.conversation)
    if ticket is not None:
        tickets.escalate_ticket(
            ticket=ticket,
            reason=Ticket.Reason.NO_KNOWLEDGE,
            detail=_("%(staff)s rejected the prepared answer.") % {"staff": staff},
            actor=str(staff),
            now=now,
            answers=locked.run.message,
        )


def outdate_drafts(*, now: datetime) -> int:
    """Ends every open draft that can be decided no more, since a person took over, answered or
    resolved, or the customer wrote on; returns how many."""
    decidable = Draft.objects.decidable().filter(pk=OuterRef("pk"))
    stale = Draft.objects.filter(~Exists(decidable), state=State.OPEN)
    return stale.update(state=State.OUTDATED, decided_at=now)


def _lock(draft: Draft) -> Draft:
    """The draft under its conversation's lock. It has to be open and to answer the newest
    message in the turn that the agent saw. Raises DraftOutdatedError otherwise."""
    try:
        conversation = crm.lock_conversation_for_agent(draft.conversation_id, turn=draft.run.turn)
    except crm.StaffTookOver:
        raise DraftOutdatedError(_("A person has taken over the conversation.")) from None
    locked = (
        Draft.objects.select_related("run__message").filter(pk=draft.pk, state=State.OPEN).first()
    )
    if locked is None:
        raise DraftOutdatedError(_("The draft has been decided already."))
    locked.conversation = conversation
    if conversation.messages.awaiting_answer().filter(pk__gt=locked.run.message_id).exists():
        raise DraftOutdatedError(_("The customer has written again; a new draft is on its way."))
    if locked.run.message.answered_at is not None:
        raise DraftOutdatedError(_("The question was answered or resolved meanwhile."))
    return locked


def _send_as_agent(draft: Draft, ticket: Ticket, staff: User, now: datetime) -> Message:
    message = crm.queue_agent_reply(
        conversation=draft.conversation,
        answers=draft.run.message,
        text=draft.text,
        sources=draft.sources,
        now=now,
    )
    note = _("Approved by %(staff)s.") % {"staff": staff}
    tickets.note_agent_reply(ticket=ticket, now=now, note=note)
    return message


def _decide(draft: Draft, state: str, staff: User, now: datetime, text: str) -> None:
    draft.state, draft.decided_by, draft.decided_at, draft.final_text = state, staff, now, text
    draft.save(update_fields=["state", "decided_by", "decided_at", "final_text"])
