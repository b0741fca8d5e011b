"""Customers who may be one person, put before staff: never merged on a mere mention."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.mentions import find_addresses
from crm.merging import MergeError, get_current, merge_customers
from crm.models import (
    Customer,
    CustomerIdentifier,
    CustomerMerge,
    MergeSuggestion,
    Message,
    User,
)

log = structlog.get_logger(__name__)

State = MergeSuggestion.State
Source = MergeSuggestion.Source


def suggest_merges(message_id: int, *, now: datetime) -> int:
    """Suggests every other customer whose address the customer's message names; returns how many
    suggestions are new. A second run adds nothing."""
    message = Message.objects.select_related("conversation__customer").get(pk=message_id)
    if message.direction != Message.Direction.INBOUND:
        return 0
    wanted = Q()
    for kind, value in find_addresses(message.text):
        wanted |= Q(kind=kind, value=value)
    if not wanted:
        return 0
    writer = message.conversation.customer
    named = CustomerIdentifier.objects.filter(wanted).exclude(customer=writer).order_by("pk")
    return sum(
        suggest_merge(
            customer=writer,
            other=identifier.customer,
            evidence=_("%(name)s named %(address)s in a message of %(date)s.")
            % {
                "name": writer,
                "address": identifier.address,
                "date": message.created_at.date().isoformat(),
            },
            source=Source.MENTION,
            now=now,
            identifier=identifier,
            message=message,
        )
        for identifier in named.select_related("customer")
    )


@transaction.atomic
def suggest_merge(
    *,
    customer: Customer,
    other: Customer,
    evidence: str,
    source: str,
    now: datetime,
    identifier: CustomerIdentifier | None = None,
    message: Message | None = None,
) -> bool:
    """Puts the pair before staff; False if it is there already, or staff said no before."""
    first, second = sorted((customer, other), key=lambda one: one.pk)
    if first.pk == second.pk or _was_refused(first, second):
        return False
    suggestion = MergeSuggestion(
        first=first,
        second=second,
        evidence=evidence[:500],
        source=source,
        identifier=identifier,
        message=message,
        created_at=now,
    )
    before = MergeSuggestion.objects.filter(first=first, second=second, state=State.OPEN).exists()
    MergeSuggestion.objects.bulk_create([suggestion], ignore_conflicts=True)
    if not before:
        log.info("merge_suggested", first=first.pk, second=second.pk, source=source)
    return not before


@transaction.atomic
def accept_suggestion(
    *, suggestion: MergeSuggestion, by: User, now: datetime
) -> CustomerMerge | None:
    """Merges the two, as they are now, into the older one; None if they are one by now.

    Raises MergeError if the suggestion was decided already.
    """
    first, second = get_current(suggestion.first), get_current(suggestion.second)
    merge = None
    if first.pk != second.pk:
        older, younger = sorted((first, second), key=lambda one: one.pk)
        merge = merge_customers(
            survivor=older, merged=younger, by=by, now=now, reason=suggestion.evidence
        )
        if {first.pk, second.pk} == {suggestion.first_id, suggestion.second_id}:
            return merge  # which settled the suggestion
    _decide(suggestion, State.ACCEPTED, by, now)
    return merge


@transaction.atomic
def reject_suggestion(*, suggestion: MergeSuggestion, by: User, now: datetime) -> None:
    """They are two people, and are not suggested again. Raises MergeError if it was decided."""
    _decide(suggestion, State.REJECTED, by, now)


def _decide(suggestion: MergeSuggestion, state: str, by: User, now: datetime) -> None:
    decided = MergeSuggestion.objects.filter(pk=suggestion.pk, state=State.OPEN).update(
        state=state, decided_at=now, decided_by=by
    )
    if not decided:
        raise MergeError(_("Somebody decided this already."))
    log.info("merge_suggestion_decided", suggestion=suggestion.pk, state=str(state), by=by.pk)


def _was_refused(first: Customer, second: Customer) -> bool:
    """Whether staff rejected this pair, or took its merge back."""
    rejected = MergeSuggestion.objects.filter(first=first, second=second, state=State.REJECTED)
    undone = CustomerMerge.objects.filter(
        survivor__in=[first, second], merged__in=[first, second], undone_at__isnull=False
    )
    return rejected.exists() or undone.exists()
