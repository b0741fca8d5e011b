import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wording import content_words, is_negated, numbers, split_sentences, stem


def test_sentences_and_items() -> None:
    text = "It costs 3.5 EUR, e.g. monthly. A line\nwrapped.\n\n1. Open it. Then wait.\n2. Go"
    assert split_sentences(text) == [
        "It costs 3.5 EUR, e.g. monthly.",
        "A line wrapped.",
        "1. Open it. Then wait.",
        "2. Go",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("invoices", "invoice"),
        ("exporting", "export"),
        ("stopped", "stop"),
        ("companies", "company"),
    ],
)
def test_forms_of_a_word_meet(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_numbers_in_digits_and_words() -> None:
    assert numbers("1. Within seven days, 3,5 GB or 10 files") == {"7", "3.5", "10"}


@pytest.mark.parametrize(
    ("text", "negated"),
    [("It works.", False), ("It doesn't work.", True), ("Nobody cannot see it.", False)],
)
def test_negation(text: str, negated: bool) -> None:
    assert is_negated(text) is negated


@given(st.text(max_size=300))
def test_any_text_can_be_split(text: str) -> None:
    words = content_words(text)
    for sentence in split_sentences(text):
        assert content_words(sentence) is not None
    assert all(words)
