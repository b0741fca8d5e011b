"""Two customers become one, and two again: nothing is lost either way.

Locks are taken in one order by everybody: customers by id, their identifiers, their
conversations. A lock on a customer leaves room for new rows that refer to it.
"""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from crm.models import (
    Conversation,
    Customer,
    CustomerIdentifier,
    CustomerMerge,
    MergedItem,
    MergeSuggestion,
    User,
)

log = structlog.get_logger(__name__)

FIELDS = ("name", "company", "language", "notes")


class MergeError(Exception):
    """It cannot be merged or un-merged; nothing was changed. The text says why, for staff."""


@transaction.atomic
def merge_customers(
    *, survivor: Customer, merged: Customer, by: User | None, now: datetime, reason: str = ""
) -> CustomerMerge:
    """What `merged` has is the survivor's from here on, and its empty fields are filled.

    `by` is None where the customer proved it. A suggestion of the pair is settled by it.
    Raises MergeError for a customer with itself, and for one that is merged into another.
    """
    if survivor.pk == merged.pk:
        raise MergeError(_("A customer cannot be merged with itself."))
    locked = _lock_customers({survivor.pk, merged.pk})
    kept, gone = locked[survivor.pk], locked[merged.pk]
    _refuse_merged(kept, gone)
    merge = CustomerMerge.objects.create(
        survivor=kept, merged=gone, by=by, at=now, reason=reason, filled=_fill(kept, gone)
    )
    identifiers = _lock_ids(CustomerIdentifier.objects.filter(customer=gone))
    conversations = _lock_ids(Conversation.objects.filter(customer=gone))
    MergedItem.objects.bulk_create(
        [
            *(MergedItem(merge=merge, identifier_id=pk) for pk in identifiers),
            *(MergedItem(merge=merge, conversation_id=pk) for pk in conversations),
        ]
    )
    _move(identifiers, conversations, to=kept)
    Customer.objects.filter(pk=gone.pk).update(merged_into=kept)
    first, second = sorted((kept.pk, gone.pk))
    MergeSuggestion.objects.filter(
        first=first, second=second, state=MergeSuggestion.State.OPEN
    ).update(state=MergeSuggestion.State.ACCEPTED, decided_at=now, decided_by=by)
    log.info(
        "customers_merged",
        merge=merge.pk,
        survivor=kept.pk,
        merged=gone.pk,
        by=by.pk if by else None,
        identifiers=len(identifiers),
        conversations=len(conversations),
    )
    return merge


@transaction.atomic
def unmerge(*, merge: CustomerMerge, by: User | None, now: datetime) -> CustomerMerge:
    """The merged customer has again what it had, and what its identifiers wrote since.

    Merges of a chain may be undone in any order. What is no longer with the survivor, such as an
    address that its owner has claimed since, stays where it is; so does a field that was edited.
    Raises MergeError if it was undone already.
    """
    holder = get_current(merge.survivor)
    locked = _lock_customers({merge.survivor_id, merge.merged_id, holder.pk})
    standing = CustomerMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if standing.undone_at is not None:
        raise MergeError(_("This merge was undone already."))
    if get_current(locked[merge.survivor_id]).pk != holder.pk:
        raise MergeError(_("Somebody merged one of these customers just now. Try again."))
    owner = locked[merge.merged_id]
    moved = standing.items.filter(returned_at__isnull=True)
    identifiers = _lock_ids(
        CustomerIdentifier.objects.filter(
            customer=holder, pk__in=moved.filter(identifier__isnull=False).values("identifier")
        )
    )
    conversations = _lock_ids(
        Conversation.objects.filter(customer=holder).filter(
            Q(pk__in=moved.filter(conversation__isnull=False).values("conversation"))
            | Q(identifier__in=identifiers, created_at__gte=standing.at)
        )
    )
    _move(identifiers, conversations, to=owner)
    # Later merges of the chain moved them on; now they move them no longer.
    returned = Q(identifier__in=identifiers) | Q(conversation__in=conversations)
    MergedItem.objects.filter(
        Q(merge=standing) | (Q(merge_id__gt=standing.pk) & returned), returned_at__isnull=True
    ).update(returned_at=now)
    _empty_filled(standing)
    Customer.objects.filter(pk=owner.pk).update(merged_into=None)
    standing.undone_at, standing.undone_by = now, by
    standing.save(update_fields=["undone_at", "undone_by"])
    log.info(
        "customers_unmerged",
        merge=standing.pk,
        survivor=standing.survivor_id,
        merged=owner.pk,
        by=by.pk if by else None,
        identifiers=len(identifiers),
        conversations=len(conversations),
    )
    return standing


def get_current(customer: Customer) -> Customer:
    """The customer that this one is now, after all merges that stand; itself if there is none."""
    current = Customer.objects.get(pk=customer.pk)
    while current.merged_into_id is not None:
        current = Customer.objects.get(pk=current.merged_into_id)
    return current


def _lock_customers(ids: set[int]) -> dict[int, Customer]:
    rows = Customer.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    return {customer.pk: customer for customer in rows}


def _lock_ids(rows: QuerySet[CustomerIdentifier] | QuerySet[Conversation]) -> list[int]:
    locked = rows.order_by("pk").select_for_update(no_key=True)
    return list(locked.values_list("pk", flat=True))


def _refuse_merged(kept: Customer, gone: Customer) -> None:
    if gone.merged_into_id == kept.pk:
        raise MergeError(_("These two are merged already."))
    if gone.merged_into_id is not None:
        other = {"name": gone, "other": get_current(gone)}
        raise MergeError(_("“%(name)s” is part of “%(other)s”: merge that one.") % other)
    if kept.merged_into_id is not None:
        current = get_current(kept)
        if current.pk == gone.pk:
            raise MergeError(_("These two are merged already, the other way round."))
        names = {"name": kept, "other": current}
        raise MergeError(_("“%(name)s” is part of “%(other)s”: merge with that one.") % names)


def _move(identifiers: list[int], conversations: list[int], *, to: Customer) -> None:
    CustomerIdentifier.objects.filter(pk__in=identifiers).update(customer=to)
    Conversation.objects.filter(pk__in=conversations).update(customer=to)


def _fill(kept: Customer, gone: Customer) -> dict[str, str]:
    """Gives the survivor what it has no value of; the fields that were filled."""
    filled = {
        field: str(getattr(gone, field))
        for field in FIELDS
        if getattr(gone, field) and not getattr(kept, field)
    }
    if filled:
        Customer.objects.filter(pk=kept.pk).update(**filled)
    return filled


def _empty_filled(merge: CustomerMerge) -> None:
    """Takes back what was filled, along the chain, up to where it was edited since."""
    for field, value in merge.filled.items():
        holder = merge.survivor_id
        while Customer.objects.filter(pk=holder, **{field: value}).update(**{field: ""}):
            onward = CustomerMerge.objects.filter(
                merged=holder, undone_at__isnull=True, **{f"filled__{field}": value}
            ).first()
            if onward is None:
                break
            onward.filled.pop(field)
            onward.save(update_fields=["filled"])
            holder = onward.survivor_id
