import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redaction import Redactor


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to a.b+c@example.co.uk.", "Write to [EMAIL_1]."),
        ("Call +49 30 901820 today", "Call [PHONE_1] today"),
        ("Card 4111 1111 1111 1111", "Card [CARD_1]"),
        ("Card 4111-1111-1111-1111 and 4111-1111-1111-1111", "Card [CARD_1] and [CARD_1]"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [IBAN_1] please"),
        ("Order 4111 1111 1111 1112", "Order 4111 1111 1111 1112"),
        ("Error BL-413 with 7000 rows in 2026", "Error BL-413 with 7000 rows in 2026"),
        ("a@x.de, b@x.de, a@x.de", "[EMAIL_1], [EMAIL_2], [EMAIL_1]"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    redactor = Redactor()
    assert redactor.mask(text) == masked
    assert redactor.restore(masked) == text


def test_tokens_come_back_inside_json() -> None:
    redactor = Redactor()
    masked = redactor.mask("x@example.com")
    restored = redactor.restore_json(json.dumps({"answer": f'"{masked}"'}))
    assert json.loads(restored) == {"answer": '"x@example.com"'}


def test_a_token_that_nobody_made_stays_as_it_is() -> None:
    assert Redactor().restore("[EMAIL_9]") == "[EMAIL_9]"


@given(st.text(max_size=300))
def test_nothing_is_lost(text: str) -> None:
    redactor = Redactor()
    masked = redactor.mask(text)
    if "[" not in text:
        assert redactor.restore(masked) == text
