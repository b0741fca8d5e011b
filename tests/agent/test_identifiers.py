import pytest

from agent.identifiers import list_asked_codes, list_codes, list_names


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("I see BL-403", {"BL-403"}),
        ("bl-403 again!", {"BL-403"}),
        ("whats bl 403", {"BL-403"}),
        ("what is bl-999", {"BL-999"}),
        ("for the 27 of us in 2026", set()),
        ("since may-24", set()),
    ],
)
def test_codes_are_known_in_any_spelling(question: str, codes: set[str]) -> None:
    assert list_asked_codes(question, {"BL-403", "BL-401"}) == codes


def test_an_article_writes_codes_in_one_way() -> None:
    assert list_codes("BL-401 instead of BL-403, not bl-405") == {"BL-401", "BL-403"}


def test_names_are_quoted_or_have_digits_but_amounts_are_none() -> None:
    assert list_names('Why does v1 say "Need admin approval" after 30s?') == {
        "v1",
        "need admin approval",
    }
