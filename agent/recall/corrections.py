"""Corrections on their way: each conversation once for each change."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from agent.models import Correction
from agent.recall.answers import OldAnswer
from agent.recall.changes import Change
from config import jobs
from crm.models import User
from crm.services import printable
from tickets import services as tickets

State = Correction.State


@transaction.atomic
def queue_corrections(
    change: Change, texts: Mapping[OldAnswer, str], *, staff: User, now: datetime
) -> int:
    """Queues a reply to each conversation that has had none for this change; returns how many."""
    queued = [
        _decide(change, answer, State.QUEUED, staff, now, printable(text).strip())
        for answer, text in texts.items()
        if text.strip()
    ]
    new = [correction for correction in queued if correction is not None]
    for correction in new:
        jobs.enqueue("agent.send_correction", queue="default", correction_id=correction.pk)
    return len(new)


@transaction.atomic
def dismiss(change: Change, answer: OldAnswer, *, staff: User, now: datetime) -> bool:
    """Nobody writes to this conversation about the change; False if that was decided before."""
    return _decide(change, answer, State.DISMISSED, staff, now, "") is not None


def send_correction(correction_id: int, *, now: datetime) -> None:
    """A job: the reply by whoever decided on it, as if written on the ticket's page, once.

    It answers nothing that waits, and a finished ticket stays finished. Where the ticket was merged
    into another, the customer hears of it there, which is at the same address.
    """
    with transaction.atomic():
        claimed = Correction.objects.filter(pk=correction_id, state=State.QUEUED)
        if not claimed.update(state=State.SENT, sent_at=now):
            return
        correction = Correction.objects.select_related("conversation", "staff").get(
            pk=correction_id
        )
        conversation = tickets.follow_merges(correction.conversation)
        ticket = tickets.get_ticket_of_conversation(conversation)
        if ticket is None:
            Correction.objects.filter(pk=correction_id).update(state=State.FAILED)
            return
        was_finished = ticket.is_finished()
        correction.reply = tickets.reply_to_ticket(
            ticket=ticket,
            staff=correction.staff,
            text=correction.text,
            now=now,
            seen=0,
        )
        correction.save(update_fields=["reply"])
        if was_finished:
            tickets.resolve_ticket(
                ticket=ticket,
                actor=str(correction.staff),
                now=now,
                seen=0,
            )


def _decide(
    change: Change, answer: OldAnswer, state: str, staff: User, now: datetime, text: str
) -> Correction | None:
    correction, created = Correction.objects.get_or_create(
        article=change.article,
        change=change.id,
        conversation=answer.message.conversation,
        defaults={
            "answer": answer.message,
            "state": state,
            "text": text,
            "staff": staff,
            "created_at": now,
        },
    )
    return correction if created else None
