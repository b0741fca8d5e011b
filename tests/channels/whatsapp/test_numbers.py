import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.whatsapp.numbers import identify
from crm.identity import fold_phone, normalise_phone
from crm.models import CustomerIdentifier
from tests.channels.whatsapp.cast import USER_ID

Kind = CustomerIdentifier.Kind
_digits = st.text("0123456789", min_size=6, max_size=13)
_areas = st.integers(11, 99).filter(lambda area: area % 10)
_mobiles = st.integers(60_000_000, 99_999_999)


@given(st.builds("+{}{}".format, st.integers(1, 99), _digits))
def test_folding_twice_changes_nothing(number: str) -> None:
    assert fold_phone(fold_phone(number)) == fold_phone(number)


@given(_areas, _mobiles)
def test_case_46_brazils_ninth_digit_folds_and_what_wrote_is_kept(area: int, local: int) -> None:
    short, long = f"whatsapp:+55{area}{local}", f"whatsapp:+55{area}9{local}"
    assert identify(short).value == identify(long).value == f"+55{area}9{local}"
    assert (identify(short).address, identify(long).address) == (short, long)


@given(st.integers(2_000_000_000, 9_999_999_999))
def test_case_46_mexicos_one_folds_and_what_wrote_is_kept(local: int) -> None:
    old, new = f"whatsapp:+521{local}", f"whatsapp:+52{local}"
    assert identify(old).value == identify(new).value == f"+52{local}"
    assert (identify(old).address, identify(new).address) == (old, new)


@given(_areas, st.integers(20_000_000, 59_999_999))
def test_brazilian_landlines_and_other_countries_stay(area: int, local: int) -> None:
    for number in (f"+55{area}{local}", f"+49{area}{local}", f"+5491{area}{local}"):
        assert fold_phone(number) == number


def test_case_46_what_the_form_knows_as_valid_is_the_same_number() -> None:
    for wrote, typed in (
        ("whatsapp:+551187654321", "+55 11 98765-4321"),
        ("whatsapp:+5215512345678", "+52 55 1234 5678"),
        ("whatsapp:+4915112345678", "+49 151 12345678"),
        ("whatsapp:+5511987654321", "+55 11 8765-4321"),
        ("whatsapp:+525512345678", "+52 1 55 1234 5678"),
    ):
        assert identify(wrote).value == normalise_phone(typed)


@given(st.text(max_size=300))
def test_any_address_is_an_identity_or_a_value_error(address: str) -> None:
    try:
        identity = identify(address)
    except ValueError:
        return
    assert identity.value
    assert identity.address.startswith("whatsapp:")
    assert len(identity.address) <= 254
    assert identify(identity.address) == identity


@pytest.mark.parametrize("address", [f"whatsapp:{USER_ID}", USER_ID, "whatsapp:BR.ENT.1181579"])
def test_case_47_a_user_id_without_a_number_is_an_identity(address: str) -> None:
    identity = identify(address)
    bare = address.removeprefix("whatsapp:")
    assert (identity.kind, identity.value) == (Kind.WHATSAPP, bare)
    assert identity.address == f"whatsapp:{bare}"


@pytest.mark.parametrize("address", ["whatsapp:+49 151 1234-5678", "whatsapp:4915112345678"])
def test_separators_and_a_missing_plus_are_taken(address: str) -> None:
    assert identify(address).address == "whatsapp:+4915112345678"


@pytest.mark.parametrize("address", ["", "whatsapp:", " \0"])
def test_an_empty_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        identify(address)
