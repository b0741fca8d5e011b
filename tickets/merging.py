"""Two tickets of one customer about one matter: it goes on in one of them, until that is undone.

Messages stay in the conversation in which they were said. What arrives for the merged ticket is
recorded in the survivor's conversation, which staff read together with the merged one. So a merge
rewrites nothing, and undoing it takes nothing apart: what was said meanwhile was said, and was
answered, in the survivor, and stays there.

Only tickets that are answered at the same address can be merged. With two addresses the reply to
what one wrote would go to the other; and when a merge of two customers is undone, both
conversations of an address go the same way.

And only tickets whose writers proved that the address is theirs. Anybody can type one into the web
form, and holds the key of that ticket: merged with the owner's, it would open what the owner
writes, and write in the owner's name.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from crm import services as crm
from crm import unanswered
from crm.models import Conversation, CustomerIdentifier, Message, User
from crm.trust import get_proven_identifier, writer_is_proven
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


def could_take(ticket: Ticket) -> Q:
    """Which tickets this one could go on in, as long as it goes on in no other."""
    conversation = ticket.conversation
    own = Ticket.objects.filter(writer_is_proven("conversation"), pk=ticket.pk)
    return Q(
        Exists(own),
        writer_is_proven("conversation"),
        ~Q(status=Status.CLOSED),
        ~Q(conversation=conversation.pk),
        conversation__customer=conversation.customer_id,
        conversation__identifier=conversation.identifier_id or 0,  # none is 0
        conversation__channel=conversation.channel,
    )


def list_standing_merges(ticket: Ticket) -> list[TicketMerge]:
    """The merge by which this ticket went on in another, if one did, and those by which others go
    on in this one, also by way of a third. One query."""
    found = RawSQL(_STANDING_MERGES, [ticket.pk, ticket.pk])  # noqa: S611 a constant
    merges = TicketMerge.objects.filter(pk__in=found).order_by("id")
    return list(merges.select_related("merged__conversation", "survivor", "by"))


_STANDING_MERGES = """
    WITH RECURSIVE into_it (id, merged_id) AS (
        SELECT id, merged_id FROM tickets_ticketmerge
        WHERE survivor_id = %s AND undone_at IS NULL
        UNION
        SELECT m.id, m.merged_id FROM into_it
        JOIN tickets_ticketmerge m ON m.survivor_id = into_it.merged_id AND m.undone_at IS NULL
    )
    SELECT id FROM into_it
    UNION ALL
    SELECT id FROM tickets_ticketmerge WHERE merged_id = %s AND undone_at IS NULL
"""


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
    if into.identifier is None or (into.identifier_id, into.channel) != (
        away.identifier_id,
        away.channel,
    ):
        raise TicketMergeError(
            _("They are answered at two addresses. Only tickets of one address can be merged.")
        )
    for ticket in (kept, gone):
        if get_proven_identifier(ticket.conversation) is None:
            raise TicketMergeError(
                _(
                    "Nobody proved that %(address)s wrote %(ticket)s: anybody can type an address "
                    "into the form. Let them confirm it in both tickets first, or answer in one "
                    "and close the other."
                )
                % {"address": into.identifier.address, "ticket": ticket.reference}
            )
    if away.messages.filter(state=Message.State.QUEUED).exists():
        raise TicketMergeError(
            _("A reply in %(ticket)s is still on its way. Wait for it, or cancel it.")
            % {"ticket": gone.reference}
        )
