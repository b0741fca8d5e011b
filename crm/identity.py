"""How addresses are normalised and which customer they belong to."""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import Customer, CustomerIdentifier, MergedItem
from crm.types import Contact, Identity

Kind = CustomerIdentifier.Kind
Trust = CustomerIdentifier.Trust

# Google delivers all spellings of a name to one mailbox: "Dots don't matter in Gmail addresses"
# and "Send emails from a different address or alias", Gmail Help.
_GMAIL = {"gmail.com", "googlemail.com"}
_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_BRAZIL_WITHOUT_NINTH = re.compile(r"\+55([1-9][0-9])([6-9][0-9]{7})")
_MEXICO_WITH_ONE = re.compile(r"\+521([0-9]{10})")


def normalise_email(address: str) -> str:
    """The address as it is matched: trimmed, NFKC-normalised and in lower case.

    Raises ValidationError with a sentence for the customer, also for characters that nobody sees.
    A domain in other letters is matched in its ASCII form (RFC 3490). Plus-addresses stay
    apart, except Gmail's, whose provider says that they are one mailbox. Not an address to send to.
    """
    candidate = unicodedata.normalize("NFKC", address).strip().lower()
    try:
        candidate = _fold_domain(candidate)
        validate_email(candidate)
    except (ValidationError, UnicodeError):
        raise ValidationError(
            _("Enter an e-mail address such as name@example.com."), code="invalid"
        ) from None
    if len(candidate) > 254:
        raise ValidationError(_("This e-mail address is too long."), code="invalid")
    return _fold_mailbox(candidate)


def normalise_phone(number: str) -> str:
    """The number in today's E.164 form: old Brazilian and Mexican ones are folded into it.

    Raises ValidationError unless it is valid with a country code.
    """
    try:
        written = phonenumbers.parse(unicodedata.normalize("NFKC", number).strip(), None)
        parsed = phonenumbers.parse(fold_phone(_e164(written)), None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        raise ValidationError(
            _("Enter the phone number with its country code, for example +49 30 901820."),
            code="invalid",
        )
    return _e164(parsed)


def fold_phone(number: str) -> str:
    """An E.164 number in the one form that is matched; every other number as it is.

    Brazilian mobiles got a ninth digit from 2012 on, Mexican ones lost their 1 in 2020.
    """
    if match := _BRAZIL_WITHOUT_NINTH.fullmatch(number):
        return f"+55{match[1]}9{match[2]}"
    if match := _MEXICO_WITH_ONE.fullmatch(number):
        return f"+52{match[1]}"
    return number


@transaction.atomic
def remember_identity(
    customer: Customer,
    identity: Identity,
    trust: Trust,
    *,
    beside: CustomerIdentifier | None = None,
) -> CustomerIdentifier | None:
    """Notes an address that a channel vouches to be the customer's; None if it is another's.

    What is the customer's already keeps the higher trust and is reached from now on by the
    address in the form in which it wrote last. Staff may merge the owner of another's.
    `beside` is the address that it came with: a new one is its owner's, also in a merge and when
    that is undone.
    """
    known = _find(identity.kind, identity.value)
    writer = _find(beside.kind, beside.value) if beside else None
    owner = writer.customer if writer else customer
    owned = known or _claim(owner, identity.kind, identity.value, identity.address, trust)
    if owned.customer_id != owner.pk:
        return None
    if known is None and writer is not None:
        moves = MergedItem.objects.filter(identifier=writer, returned_at=None)
        MergedItem.objects.bulk_create(
            [MergedItem(merge_id=move.merge_id, identifier=owned) for move in moves],
            ignore_conflicts=True,
        )
    _raise_trust(owned, trust)
    if owned.address != identity.address:
        owned.address = identity.address
        owned.save(update_fields=["address"])
    return owned


@transaction.atomic
def resolve_identity(identity: Identity, *, name: str, trust: Trust) -> CustomerIdentifier:
    """The identifier of an address that wrote through its own channel, with its customer.

    An address that somebody had merely typed before, beside other addresses, is not theirs:
    who proves to write from it gets a customer of their own, and staff may merge the two.
    """
    known = _find(identity.kind, identity.value)
    if known is None:
        customer = Customer.objects.create(name=name[:200])
        known = _claim(customer, identity.kind, identity.value, identity.address, trust)
        if known.customer_id != customer.pk:  # another process was first
            customer.delete()
        return known
    typed_only = known.trust == Trust.UNVERIFIED and trust >= Trust.AUTHENTICATED
    if typed_only and known.customer.identifiers.exclude(pk=known.pk).exists():
        known.customer = Customer.objects.create(name=name[:200])
        known.save(update_fields=["customer"])
        MergedItem.objects.filter(identifier=known, returned_at=None).update(
            returned_at=timezone.now()
        )
    _raise_trust(known, trust)
    return known


def resolve_identifier(contact: Contact, *, trust: Trust = Trust.UNVERIFIED) -> CustomerIdentifier:
    """The contact's first address with the customer who owns it, created if nobody does.

    The first address (e-mail before phone) decides. A further address that nobody owns yet is
    added to that customer only if the customer is new: a stranger who types a known e-mail
    must not attach a phone of their own to it. Two writers of the same new address meet at the
    unique constraint, where the second waits for the first.

    Raises ValidationError for a malformed address and ValueError where there is none.
    """
    candidates = []
    if contact.email:
        candidates.append((Kind.EMAIL, normalise_email(contact.email), contact.email.strip()))
    if contact.phone:
        candidates.append((Kind.PHONE, normalise_phone(contact.phone), contact.phone.strip()))
    if not candidates:
        raise ValueError("A contact needs an e-mail address or a phone number.")

    with transaction.atomic(savepoint=False):
        kind, value, address = candidates[0]
        known = _find(kind, value)
        if known is not None:
            _raise_trust(known, trust)
            return known

        customer = Customer.objects.create(name=contact.name, language=contact.language)
        identifier = _claim(customer, kind, value, address, trust)
        if identifier.customer_id != customer.pk:  # another process was first
            customer.delete()
            return identifier
        for kind, value, address in candidates[1:]:
            _claim(customer, kind, value, address, Trust.UNVERIFIED)
        return identifier


def _find(kind: str, value: str) -> CustomerIdentifier | None:
    """The identifier, locked: until the caller's transaction ends no merge moves it."""
    return (
        CustomerIdentifier.objects.select_for_update(of=("self",), no_key=True)
        .filter(kind=kind, value=value)
        .first()
    )


def _claim(
    customer: Customer, kind: str, value: str, address: str, trust: int
) -> CustomerIdentifier:
    """The address as the customer's, or as whose it was already."""
    wanted = CustomerIdentifier(
        customer=customer, kind=kind, value=value, address=address, trust=trust
    )
    CustomerIdentifier.objects.bulk_create([wanted], ignore_conflicts=True)
    return CustomerIdentifier.objects.select_for_update(of=("self",), no_key=True).get(
        kind=kind, value=value
    )


def _raise_trust(locked: CustomerIdentifier, trust: Trust) -> None:
    if locked.trust < trust:
        locked.trust = trust
        locked.save(update_fields=["trust"])


def _fold_domain(address: str) -> str:
    """Raises UnicodeError for unseen characters and for what is no domain."""
    if any(unicodedata.category(character) in _UNSEEN for character in address):
        raise UnicodeError
    name, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    return f"{name}{at}{domain.encode('idna').decode()}"


def _fold_mailbox(address: str) -> str:
    name, _at, domain = address.rpartition("@")
    if domain not in _GMAIL:
        return address
    plain = name.partition("+")[0].replace(".", "")
    return f"{plain or name}@gmail.com"


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
