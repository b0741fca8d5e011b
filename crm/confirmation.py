"""Proof that an e-mail address is its user's: a one-time code, or a signed link.

The owner of the address answers a mail, by the code or by the link. That confirms the address.
If somebody claimed it in a conversation on another channel whose writer is proven, the answer
also joins the two customers; where the writer is not, staff are told instead: who types another
person's address into a form must not get that person's history by confirming their own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from config import jobs
from crm.merging import merge_customers
from crm.models import (
    ConfirmationCode,
    Conversation,
    Customer,
    CustomerIdentifier,
    CustomerMerge,
    MergeSuggestion,
)
from crm.suggestions import suggest_merge
from crm.trust import get_proven_identifier

log = structlog.get_logger(__name__)

CODE_LIFETIME = timedelta(minutes=15)
LINK_LIFETIME = timedelta(hours=24)
ATTEMPTS = 5
# Codes to one address, and codes asked for in one conversation.
CODES_AN_HOUR = 3
CODES_A_DAY = 6
Trust = CustomerIdentifier.Trust
Purpose = ConfirmationCode.Purpose


class ConfirmationError(Exception):
    """Nothing was confirmed. The text says why, for who asked."""


class TooManyCodes(ConfirmationError):
    """The address or the conversation got its share of codes; a later one will be sent."""


class WrongCode(ConfirmationError):
    """The code is wrong, used, expired, or was tried too often: which one is not told."""

    def __init__(self) -> None:
        super().__init__(_("This code is wrong or no longer valid. Ask for a new one."))


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The identifier that is confirmed now, and the merge that followed, if one did."""

    identifier: CustomerIdentifier
    merge: CustomerMerge | None


@transaction.atomic
def start_confirmation(
    *,
    identifier: CustomerIdentifier,
    now: datetime,
    conversation: Conversation | None = None,
    language: str = "",
) -> ConfirmationCode:
    """Has a code and a link mailed to the address; earlier ones are void from here on.

    `conversation` is where somebody says that the address is theirs. Raises TooManyCodes, and
    ValueError for an address that is no e-mail address.
    """
    locked = CustomerIdentifier.objects.select_for_update(no_key=True).get(pk=identifier.pk)
    if locked.kind != CustomerIdentifier.Kind.EMAIL:
        raise ValueError("A code is sent to an e-mail address.")
    _limit(locked, conversation, now)
    elsewhere = conversation is not None and conversation.identifier_id != locked.pk
    confirmation = ConfirmationCode.objects.create(
        identifier=locked,
        purpose=Purpose.JOIN if elsewhere else Purpose.CONFIRM,
        conversation=conversation,
        language=language,
        attempts_left=ATTEMPTS,
        expires_at=now + CODE_LIFETIME,
        link_expires_at=now + LINK_LIFETIME,
        created_at=now,
    )
    jobs.enqueue("crm.mail_confirmation", confirmation_id=confirmation.pk)
    log.info(
        "confirmation_started", confirmation=confirmation.pk, purpose=str(confirmation.purpose)
    )
    return confirmation


def find_by_address(value: str, *, now: datetime) -> ConfirmationCode | None:
    """The confirmation that waits for a code sent to this normalised e-mail address."""
    sent = ConfirmationCode.objects.filter(
        identifier__kind=CustomerIdentifier.Kind.EMAIL, identifier__value=value
    )
    return sent.waiting_for_code(now).first()


def find_by_conversation(conversation_id: int, *, now: datetime) -> ConfirmationCode | None:
    """The confirmation that waits for its code to come back in this conversation."""
    claimed = ConfirmationCode.objects.filter(conversation=conversation_id)
    return claimed.waiting_for_code(now).first()


def confirm_code(
    *,
    confirmation: ConfirmationCode | None,
    code: str,
    now: datetime,
    entered_in: Conversation | None = None,
    trust: int | None = None,
) -> Confirmed:
    """Confirms with the code that was mailed; each call costs an attempt, right or wrong.

    `entered_in` is the conversation that the code came back in, and `trust` how sure its channel
    is of who wrote that very message (without it: as sure as it was of any). Call it outside a
    transaction, which could take the attempt back. Raises WrongCode.
    """
    if confirmation is None:
        raise WrongCode
    waiting = ConfirmationCode.objects.filter(pk=confirmation.pk).waiting_for_code(now)
    if not waiting.update(attempts_left=F("attempts_left") - 1):
        raise WrongCode
    kept = ConfirmationCode.objects.get(pk=confirmation.pk)
    if not constant_time_compare(kept.code_hash, hash_code(kept.pk, code)):
        log.info("confirmation_code_wrong", confirmation=kept.pk, left=kept.attempts_left)
        raise WrongCode
    return conclude(kept, now=now, entered_in=entered_in, trust=trust)


@transaction.atomic
def conclude(
    confirmation: ConfirmationCode,
    *,
    now: datetime,
    entered_in: Conversation | None = None,
    trust: int | None = None,
) -> Confirmed:
    """The owner of the address has answered. Takes effect once; raises WrongCode after that."""
    answered = ConfirmationCode.objects.filter(pk=confirmation.pk).waiting(now)
    used = answered.update(used_at=now, entered_in=entered_in)
    if not used:
        raise WrongCode
    merge = _join(confirmation, now=now, entered_in=entered_in, trust=trust)
    CustomerIdentifier.objects.filter(
        pk=confirmation.identifier_id, trust__lt=Trust.CONFIRMED
    ).update(trust=Trust.CONFIRMED)
    log.info(
        "identifier_confirmed",
        confirmation=confirmation.pk,
        identifier=confirmation.identifier_id,
        merge=merge.pk if merge else None,
    )
    identifier = CustomerIdentifier.objects.select_related("customer").get(
        pk=confirmation.identifier_id
    )
    return Confirmed(identifier, merge)


def decline(confirmation: ConfirmationCode, *, now: datetime) -> bool:
    """The owner of the address did not ask for it: nothing is confirmed, and the same
    conversation cannot claim the address again. False if it was answered already."""
    declined = ConfirmationCode.objects.filter(pk=confirmation.pk).waiting(now)
    count = declined.update(declined_at=now)
    log.warning("confirmation_declined", confirmation=confirmation.pk)
    return bool(count)


def hash_code(confirmation_id: int, code: str) -> str:
    """Keyed with the application's secret: a copy of the database alone does not give codes."""
    text = f"{confirmation_id}:{code}"
    return salted_hmac("crm.confirmation", text, algorithm="sha256").hexdigest()


def _join(
    confirmation: ConfirmationCode,
    *,
    now: datetime,
    entered_in: Conversation | None,
    trust: int | None,
) -> CustomerMerge | None:
    """Merges the claimant's customer with the address's if the claimant's own address is proven,
    into the older one; else tells staff."""
    if confirmation.conversation_id is None:
        return None
    claimed_in = Conversation.objects.get(pk=confirmation.conversation_id)
    owner = Customer.objects.get(identifiers=confirmation.identifier_id)
    older, younger = sorted((claimed_in.customer, owner), key=lambda one: one.pk)
    if older.pk == younger.pk:
        return None
    claimant = get_proven_identifier(claimed_in)
    held = min(claimant.trust if claimant else 0, Trust.CONFIRMED if trust is None else trust)
    words = {
        "address": confirmation.identifier.address,
        "channel": claimed_in.get_channel_display(),
    }
    if held >= Trust.AUTHENTICATED:
        how = (
            _("The code mailed to %(address)s came back in a conversation by %(channel)s.")
            if entered_in
            else _("%(address)s confirmed by mail what was claimed by %(channel)s.")
        )
        return merge_customers(survivor=older, merged=younger, by=None, now=now, reason=how % words)
    suggest_merge(
        customer=older,
        other=younger,
        evidence=_(
            "%(address)s was confirmed from a conversation by %(channel)s whose writer is not "
            "proven."
        )
        % words,
        source=MergeSuggestion.Source.CODE,
        now=now,
        identifier=confirmation.identifier,
    )
    return None


def _limit(
    identifier: CustomerIdentifier, conversation: Conversation | None, now: datetime
) -> None:
    """The identifier's lock, held by the caller, makes the first count exact."""
    an_hour = ConfirmationCode.objects.filter(created_at__gt=now - timedelta(hours=1))
    a_claim = ConfirmationCode.objects.filter(
        identifier=identifier, conversation=conversation, declined_at__isnull=False
    )
    a_day = ConfirmationCode.objects.filter(created_at__gt=now - timedelta(days=1))
    if conversation and a_claim.exists():
        raise TooManyCodes(_("The owner of this address said that it was not them who asked."))
    if an_hour.filter(identifier=identifier).count() >= CODES_AN_HOUR:
        raise TooManyCodes(_("This address got several codes already. Try again in an hour."))
    if conversation and a_day.filter(conversation=conversation).count() >= CODES_A_DAY:
        raise TooManyCodes(_("Several codes were asked for here already. Try again tomorrow."))
