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
        ("Reference GB82 WEST 1234 5698 7654 33", "Reference GB82 WEST 1234 5698 7654 33"),
        ("Order 4111 1111 1111 1112", "Order 4111 1111 1111 1112"),
        ("Error BL-413 with 7000 rows in 2026", "Error BL-413 with 7000 rows in 2026"),
        ("a@x.de, b@x.de, a@x.de", "[EMAIL_1], [EMAIL_2], [EMAIL_1]"),
        ("My SSN is 536-90-4399.", "My SSN is [ID_1]."),
        ("Steuer-ID 36 574 261 809", "Steuer-ID [ID_1]"),
        ("PESEL 44051401359", "PESEL [ID_1]"),
        ("CPF 390.533.447-05", "CPF [ID_1]"),
        ("AHV 756.9217.0769.85", "AHV [ID_1]"),
        ("NIR 2 95 10 99 126 111 93", "NIR [ID_1]"),
        ("DNI 54362315K, NIE X-2482300W", "DNI [ID_1], NIE [ID_2]"),
        ("CF RCCMNL83S18D969H", "CF [ID_1]"),
        ("personnummer 880320-0016", "personnummer [ID_1]"),
        ("hetu 131052-308T", "hetu [ID_1]"),
        ("my NI number is AB 12 34 56 C", "my NI number is [ID_1]"),
        ("BSN: 111222333", "BSN: [ID_1]"),
        ("Order 111222333", "Order 111222333"),
        ("No 10 DE89 3704 0044 0532 0130 00", "No 10 [IBAN_1]"),
        ("of 21.11.2026\n4111 1111 1111 1111", "of [CARD_1]"),
        ("Ticket TKT-0001 of 2026-11-21, 12345678", "Ticket TKT-0001 of 2026-11-21, 12345678"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    redactor = Redactor()
    assert redactor.mask(text) == masked
    assert redactor.restore(masked) == text


@pytest.mark.parametrize("groups", range(1, 14))
def test_a_card_is_found_among_other_numbers(groups: int) -> None:
    numbers = " ".join(f"{number}" for number in range(4711, 4711 + groups))
    masked = Redactor().mask(f"{numbers}\n4111 1111 1111 1111\n{numbers}")
    assert "1111" not in masked


def test_the_same_value_has_the_same_token_in_every_message_and_result() -> None:
    redactor = Redactor()
    assert redactor.mask("I am a@x.de") == "I am [EMAIL_1]"
    result = {
        "passages": [{"id": 4111111111111111, "score": 0.4912345678, "text": "b@x.de a@x.de"}]
    }
    masked = json.loads(redactor.mask_json(json.dumps(result)))
    assert masked["passages"][0]["text"] == "[EMAIL_2] [EMAIL_1]"
    assert masked["passages"][0]["id"] == 4111111111111111, "an id of ours is not a card"
    assert masked["passages"][0]["score"] == 0.4912345678
    assert redactor.mask_json("no JSON of a@x.de") == "no JSON of [EMAIL_1]"
    assert redactor.mask_json('{"text": "\\ud800"}') == '{"text": "?"}'


def test_tokens_come_back_inside_json() -> None:
    redactor = Redactor()
    masked = redactor.mask("x@example.com")
    restored = redactor.restore_json(json.dumps({"answer": f'"{masked}"'}))
    assert json.loads(restored) == {"answer": '"x@example.com"'}


def test_a_token_that_nobody_made_stays_as_it_is() -> None:
    assert Redactor().restore("[EMAIL_9]") == "[EMAIL_9]"


@pytest.mark.parametrize("spelt", ["[EMAIL_1]", "[EMAIL1]", "[EMAIL 1]", "[EMAIL\\_1]"])
def test_a_token_comes_back_as_models_spell_it(spelt: str) -> None:
    redactor = Redactor()
    redactor.mask("a@x.de")
    assert redactor.restore(f"Write to {spelt}.") == "Write to a@x.de."
    answer = json.dumps({"answer": f"Write to {spelt}."})
    assert json.loads(redactor.restore_json(answer)) == {"answer": "Write to a@x.de."}


def test_a_token_that_the_customer_writes_stands_for_itself() -> None:
    redactor = Redactor()
    text = "What is [EMAIL_1]? I am a@x.de."
    masked = redactor.mask(text)
    assert masked == "What is [TEXT_1]? I am [EMAIL_1]."
    assert redactor.restore(masked) == text


@given(st.text(max_size=300))
def test_nothing_is_lost(text: str) -> None:
    redactor = Redactor()
    assert redactor.restore(redactor.mask(text)) == text
