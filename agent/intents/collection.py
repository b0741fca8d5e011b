"""Examples from closed tickets: what the agent recognised, and the customer was content with."""

from datetime import datetime, timedelta

from django.db import transaction

from agent.intents.examples import read_text, request_training
from agent.models import AgentRun, Intent, IntentExample
from tickets.models import Ticket

# Tickets closed within this time are looked at; one that was looked at before adds nothing.
LOOK_BACK = timedelta(days=3)
GOOD_RATING = 4
# A surer guess is seldom wrong, and a customer's good rating confirms it.
SURE = 0.8

Status = Ticket.Status


@transaction.atomic
def collect_from_tickets(*, now: datetime) -> int:
    """Makes examples of messages that the agent answered by itself, with an intent that it was
    sure of, in tickets that were closed with a good rating. What staff labelled, and any text that
    is an example already, stays as it is. Returns how many are new."""
    runs = AgentRun.objects.filter(
        conversation__tickets__in=Ticket.objects.filter(
            status__in=[Status.RESOLVED, Status.CLOSED],
            updated_at__gte=now - LOOK_BACK,
            satisfaction__score__gte=GOOD_RATING,
        ),
        state=AgentRun.State.DONE,
        decision=AgentRun.Decision.SEND,
        intent_score__gte=SURE,
        message__intent_example__isnull=True,
    ).exclude(intent="")
    intents = {intent.name: intent for intent in Intent.objects.all()}
    examples = [
        IntentExample(
            text=text,
            intent=intents[run.intent],
            message=run.message,
            source=IntentExample.Source.TICKET,
        )
        for run in runs.select_related("message").distinct()
        if run.intent in intents and (text := read_text(run.message))
    ]
    before = IntentExample.objects.count()
    IntentExample.objects.bulk_create(examples, ignore_conflicts=True)
    added = IntentExample.objects.count() - before
    if added:
        request_training()
    return added
