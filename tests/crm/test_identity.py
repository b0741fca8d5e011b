import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from crm.identity import (
    normalise_email,
    normalise_phone,
    resolve_identifier,
    resolve_identity,
)
from crm.keys import parse_key
from crm.models import Customer, CustomerIdentifier
from crm.types import Contact, Identity

pytestmark = pytest.mark.django_db


def test_one_address_is_one_customer_whatever_its_case() -> None:
    first = resolve_identifier(Contact(name="Alice", email="Alice@Example.com"))
    second = resolve_identifier(Contact(name="A. Ahmed", email=" alice@example.COM "))
    assert first == second
    assert first.customer.name == "Alice"
    assert first.address == "Alice@Example.com"


def test_plus_addresses_stay_apart() -> None:
    plain = resolve_identifier(Contact(email="alice@example.com"))
    tagged = resolve_identifier(Contact(email="alice+shop@example.com"))
    assert plain.customer != tagged.customer


@pytest.mark.parametrize(
    "spelling", ["a.lice+shop@gmail.com", "ALICE@googlemail.com", "alice@gmail.com"]
)
def test_case_26_what_gmail_holds_for_one_mailbox_is_one_customer(spelling: str) -> None:
    plain = resolve_identifier(Contact(email="alice@gmail.com"))
    again = resolve_identifier(Contact(email=spelling))
    assert again == plain
    assert normalise_email("+@gmail.com") == "+@gmail.com"


def test_a_new_customer_gets_the_phone_too() -> None:
    identifier = resolve_identifier(Contact(email="alice@example.com", phone="+49 30 901820"))
    values = set(identifier.customer.identifiers.values_list("value", flat=True))
    assert values == {"alice@example.com", "+4930901820"}


def test_a_stranger_cannot_attach_a_phone_to_a_known_address() -> None:
    resolve_identifier(Contact(email="alice@example.com"))
    identifier = resolve_identifier(Contact(email="alice@example.com", phone="+4930901820"))
    assert identifier.customer.identifiers.count() == 1


def test_a_stranger_cannot_take_over_a_known_phone() -> None:
    owner = resolve_identifier(Contact(phone="+4930901820"))
    other = resolve_identifier(Contact(email="mallory@example.com", phone="+4930901820"))
    assert other.customer != owner.customer
    assert CustomerIdentifier.objects.get(value="+4930901820").customer == owner.customer


def test_trust_only_rises() -> None:
    trust = CustomerIdentifier.Trust
    resolve_identifier(Contact(email="a@example.com"), trust=trust.AUTHENTICATED)
    resolve_identifier(Contact(email="a@example.com"), trust=trust.UNVERIFIED)
    assert CustomerIdentifier.objects.get().trust == trust.AUTHENTICATED


def test_a_contact_without_address_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="needs an e-mail"):
        resolve_identifier(Contact(name="Nobody"))
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "alice",
        "a@b",
        "a b@example.com",
        "a@example.com\n.x",
        "@",
        "al\u200bice@example.com",
        "\u202ealice@example.com",
        "alice@exa\u00admple.com",
        "alice@example\U000e0041.com",
    ],
)
def test_malformed_addresses_are_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        normalise_email(address)


@pytest.mark.parametrize("number", ["", "12345", "030 901820", "+1", "not a number", "+49\x00"])
def test_numbers_without_a_country_are_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        normalise_phone(number)


def test_a_domain_in_other_letters_has_one_form() -> None:
    assert normalise_email("a@Bücher.example") == "a@xn--bcher-kva.example"
    assert normalise_email("a@xn--bcher-kva.example") == "a@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("text", "key"),
    [("7", 7), ("", 0), ("x", 0), ("-1", 0), ("٣", 0), ("9" * 19, 0), ("9" * 5_000, 0), (7, 7)],
)
def test_a_key_is_a_small_number(text: object, key: int) -> None:
    assert parse_key(text) == key


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        once = normalise_email(text)
    except ValidationError:
        return
    assert normalise_email(once) == once


@given(st.text(alphabet="+0123456789 -()", max_size=20))
def test_phone_numbers_come_out_in_one_form(text: str) -> None:
    try:
        once = normalise_phone(text)
    except ValidationError:
        return
    assert once.startswith("+")
    assert once[1:].isdigit()
    assert normalise_phone(once) == once


def test_who_writes_from_an_address_is_not_who_merely_typed_it() -> None:
    typed = resolve_identifier(Contact(email="mallory@example.com", phone="+4930901820"))
    written = resolve_identity(
        Identity("phone", "+4930901820", "whatsapp:+4930901820"),
        name="Alice",
        trust=CustomerIdentifier.Trust.AUTHENTICATED,
    )
    assert written.customer != typed.customer
    assert typed.customer.identifiers.count() == 1
    again = resolve_identity(
        Identity("phone", "+4930901820", "whatsapp:+4930901820"),
        name="Alice",
        trust=CustomerIdentifier.Trust.AUTHENTICATED,
    )
    assert again.customer == written.customer
