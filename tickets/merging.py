"""Two tickets of one customer about one matter: it goes on in one of them, until that is undone.

Messages stay in the conversation in which they were said. What arrives for the merged ticket is
recorded in the survivor's conversation, which staff read together with the merged one. So a merge
rewrites nothing, and undoing it takes nothing apart: what was said meanwhile was said, and was
answered, in the survivor, and stays there.

Only tickets that are answered at the same address can be merged. With two addresses the reply to
what one wrote would go to the other; and when a merge of two customers is undone, both
conversations of an address go the same way.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm import services as crm
from crm import unanswered
from crm.models import Conversation, CustomerIdentifier, Message, User
from tickets.ledger import get_standing_merge, get_successor, move_ticket, record_event, save_ticket
from tickets.models import Ticket, TicketEvent, TicketMerge

Kind = TicketEvent.Kind
Status = Ticket.Status
Handler = Conversation.Handler


class TicketMergeError(Exception):
    """Nothing was changed. The text says why, for staff."""


@transaction.atomic
def merge_tickets(*, survivor: Ticket, merged: Ticket, by: User, now: datetime) -> TicketMerge:
    """`merged` is closed, and what its customer writes from now on belongs to `survivor`.

    If something in `merged` still waited for an answer, `by` holds the survivor: they have read
    both and owe the answer there. Nothing that the agent was preparing for `merged` is sent.
    Raises TicketMergeError.
    """
    kept, gone = _lock(survivor, merged)
    _refuse_unmergeable(kept, gone)
    conversation = gone.conversation
    waiting = list(conversation.messages.awaiting_answer())
    merge = TicketMerge.objects.create(
        survivor=kept,
        merged=gone,
        by=by,
        at=now,
        status=gone.status,
        handler=conversation.handler,
        assigned_to=conversation.assigned_to,
        resolved_at=gone.resolved_at,
        settled=[message.pk for message in waiting],
    )
    if waiting:
        unanswered.mark_answered(conversation=conversation, up_to=waiting[-1], now=now)
    crm.take_over(conversation=conversation, staff=by)
    move_ticket(
        gone, Status.CLOSED, Kind.MERGED, str(by), now,
        note=_("It goes on in %(ticket)s.") % {"ticket": kept.reference},
        resolved_at=gone.resolved_at or now,
    )  # fmt: skip
    note = _("%(ticket)s goes on here.") % {"ticket": gone.reference}
    record_event(kept, Kind.MERGED, str(by), now, note)
    if waiting:
        crm.take_over(conversation=kept.conversation, staff=by)
        save_ticket(kept, now, status=Status.IN_PROGRESS, resolved_at=None)
    return merge


@transaction.atomic
def unmerge_tickets(*, merge: TicketMerge, by: User, now: datetime) -> Ticket:
    """The merged ticket is again what it was, and gets again what its customer writes to it.

    What had waited in it waits again, held by people: the agent may have answered it in the
    survivor meanwhile. Merges of a chain may be undone in any order. Raises TicketMergeError if
    it was undone already.
    """
    kept, gone = _lock(merge.survivor, merge.merged)
    standing = TicketMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if standing.undone_at is not None:
        raise TicketMergeError(_("This merge was undone already."))
    standing.undone_at, standing.undone_by = now, by
    standing.save(update_fields=["undone_at", "undone_by"])
    conversation = gone.conversation
    waits = unanswered.await_answer_again(conversation=conversation, messages=standing.settled)
    if standing.handler == Handler.AGENT and not waits:
        crm.hand_back(conversation=conversation)
    else:
        assigned_to = standing.assigned_to or (by if waits else None)
        Conversation.objects.filter(pk=conversation.pk).update(assigned_to=assigned_to)
    status = Status.IN_PROGRESS if waits and standing.status == Status.OPEN else standing.status
    move_ticket(
        gone, status, Kind.UNMERGED, str(by), now,
        note=_("It no longer goes on in %(ticket)s.") % {"ticket": kept.reference},
        resolved_at=standing.resolved_at,
    )  # fmt: skip
    note = _("%(ticket)s is a ticket of its own again.") % {"ticket": gone.reference}
    record_event(kept, Kind.UNMERGED, str(by), now, note)
    return gone


def follow_merges(conversation: Conversation) -> Conversation:
    """The conversation that gets what belongs to this one now: itself, unless it was merged.

    Locks its address's identifier, so that no merge of tickets changes the answer before the
    caller's transaction ends. To be called before any conversation is locked.
    """
    if conversation.identifier_id is not None:
        _lock_identifier(conversation.identifier_id)
    current = conversation
    while True:
        merge = (
            TicketMerge.objects.filter(merged__conversation=current.pk, undone_at=None)
            .select_related("survivor__conversation__identifier")
            .first()
        )
        if merge is None:
            return current
        current = merge.survivor.conversation


def list_merge_candidates(ticket: Ticket) -> Sequence[Ticket]:
    """The tickets that this one could go on in, newest first."""
    conversation = ticket.conversation
    if conversation.identifier_id is None or get_successor(ticket) is not None:
        return []
    return list(
        Ticket.objects.exclude(status=Status.CLOSED)
        .exclude(conversation=conversation)
        .filter(
            conversation__customer=conversation.customer_id,
            conversation__identifier=conversation.identifier_id,
            conversation__channel=conversation.channel,
        )
        .order_by("-id")[:20]
    )


def list_merges_into(ticket: Ticket) -> list[TicketMerge]:
    """The merges that stand by which others go on in this ticket, also by way of a third."""
    found: list[TicketMerge] = []
    level = [ticket.pk]
    while level:
        merges = list(
            TicketMerge.objects.filter(survivor__in=level, undone_at=None)
            .select_related("merged__conversation", "by")
            .order_by("id")
        )
        found += merges
        level = [merge.merged_id for merge in merges]
    return found


def _lock(survivor: Ticket, merged: Ticket) -> tuple[Ticket, Ticket]:
    """Both as they are, under the locks of their addresses and their conversations, each in the
    order of their ids."""
    pair = (survivor.conversation, merged.conversation)
    for identifier_id in sorted({each.identifier_id for each in pair if each.identifier_id}):
        _lock_identifier(identifier_id)
    rows = Conversation.objects.filter(pk__in=[each.pk for each in pair])
    conversations = {each.pk: each for each in rows.order_by("pk").select_for_update()}
    locked = Ticket.objects.in_bulk([survivor.pk, merged.pk])
    for ticket in locked.values():
        ticket.conversation = conversations[ticket.conversation_id]
    return locked[survivor.pk], locked[merged.pk]


def _lock_identifier(identifier_id: int) -> None:
    CustomerIdentifier.objects.select_for_update(no_key=True).filter(pk=identifier_id).first()


def _refuse_unmergeable(kept: Ticket, gone: Ticket) -> None:
    into, away = kept.conversation, gone.conversation
    if into.pk == away.pk:
        raise TicketMergeError(_("These two are one conversation already."))
    if get_standing_merge(gone) is not None:
        raise TicketMergeError(_("This ticket was merged already."))
    for ticket in (kept, gone):
        successor = get_successor(ticket)
        if successor is not None:
            names = {"ticket": ticket.reference, "successor": successor.reference}
            raise TicketMergeError(
                _("%(ticket)s goes on in %(successor)s: merge that one.") % names
            )
    if kept.status == Status.CLOSED:
        raise TicketMergeError(_("%(ticket)s is closed.") % {"ticket": kept.reference})
    if into.customer_id != away.customer_id:
        raise TicketMergeError(_("They are two customers'. Merge the customers first."))
    if into.identifier_id is None or (into.identifier_id, into.channel) != (
        away.identifier_id,
        away.channel,
    ):
        raise TicketMergeError(
            _("They are answered at two addresses. Only tickets of one address can be merged.")
        )
    if away.messages.filter(state=Message.State.QUEUED).exists():
        raise TicketMergeError(
            _("A reply in %(ticket)s is still on its way. Wait for it, or cancel it.")
            % {"ticket": gone.reference}
        )
