"""How a ticket ends: resolved, closed, rated.

A finished ticket has settled every message, so that nobody, the agent included, answers one
that a person has dealt with.
"""

from datetime import datetime

from django.db import transaction

from crm import services as crm
from crm import unanswered
from tickets import security
from tickets.ledger import CUSTOMER, lock_ticket, move_ticket, record_event
from tickets.models import Satisfaction, Ticket, TicketEvent
from tickets.signals import rated

Status = Ticket.Status
Kind = TicketEvent.Kind


@transaction.atomic
def resolve_ticket(
    *,
    ticket: Ticket,
    actor: str,
    now: datetime,
    unchanged: bool = False,
    seen: int | None = None,
) -> bool:
    """Resolves the ticket; False if it was finished already. A reply reopens it.

    What still waited for an answer is settled by it. `seen` is the newest message that the
    actor knows: while a later one waits, the ticket is left alone, and the answer is False.
    None says that the actor knows all, as the customer does. With `unchanged`, so is a ticket
    that was changed since the caller read it.
    """
    locked = lock_ticket(ticket)
    if locked.is_finished() or (unchanged and locked.updated_at != ticket.updated_at):
        return False
    if not _settle(locked, seen, now):
        return False
    move_ticket(locked, Status.RESOLVED, Kind.RESOLVED, actor, now, resolved_at=now)
    security.settle_alert(locked, now=now)
    return True


@transaction.atomic
def close_ticket(
    *,
    ticket: Ticket,
    actor: str,
    now: datetime,
    unchanged: bool = False,
    seen: int | None = None,
) -> bool:
    """Closes the ticket for good; False if it was closed. A later message opens a new one,
    which is the agent's to answer first, whoever held this one.

    `unchanged` and `seen` as in `resolve_ticket`.
    """
    locked = lock_ticket(ticket)
    if locked.status == Status.CLOSED or (unchanged and locked.updated_at != ticket.updated_at):
        return False
    if not _settle(locked, seen, now):
        return False
    crm.hand_back(conversation=locked.conversation)
    resolved_at = locked.resolved_at or now
    move_ticket(locked, Status.CLOSED, Kind.CLOSED, actor, now, resolved_at=resolved_at)
    security.settle_alert(locked, now=now)
    return True


@transaction.atomic
def rate_ticket(*, ticket: Ticket, score: int, comment: str, now: datetime) -> bool:
    """Keeps the customer's rating of a finished ticket; False while it is not finished. The same
    rating again, from a second click, changes nothing."""
    locked = lock_ticket(ticket)
    if not locked.is_finished():
        return False
    comment = crm.printable(comment)[:2000]
    if Satisfaction.objects.filter(ticket=locked, score=score, comment=comment).exists():
        return True
    Satisfaction.objects.update_or_create(
        ticket=locked, defaults={"score": score, "comment": comment, "created_at": now}
    )
    record_event(locked, Kind.RATED, CUSTOMER, now, f"{score}/5")
    rated.send(sender=Ticket, ticket_id=locked.pk, score=score)
    return True


def _settle(locked: Ticket, seen: int | None, now: datetime) -> bool:
    """Marks what waits as answered; False, and nothing, if the actor has not seen all of it."""
    waiting = locked.conversation.messages.awaiting_answer()
    if seen is not None and waiting.filter(pk__gt=seen).exists():
        return False
    last = waiting.last()
    if last is not None:
        unanswered.mark_answered(conversation=locked.conversation, up_to=last, now=now)
    return True
