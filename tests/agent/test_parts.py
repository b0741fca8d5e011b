import pytest

from agent.parts import is_subject, is_told, split_parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What is the price for 12 of us, and can we pay by bank transfer?",
            ["What is the price for 12 of us", "can we pay by bank transfer?"],
        ),
        ("Where are the paid invoices kept?", []),
        ("We moved. Where do I enter our new address? Thanks!", []),
        ("Do you support Okta sign-in? On which plan?", []),
    ],
)
def test_only_questions_that_stand_alone_are_parts(question: str, parts: list[str]) -> None:
    if parts:
        assert split_parts(question)[1:] == parts[1:]
    else:
        assert split_parts(question) == []


def test_a_text_tells_of_a_part_if_it_has_most_of_its_words() -> None:
    assert is_told("can we pay by bank transfer?", ["Bank transfer is possible."])
    assert not is_told("where can we download invoices?", ["VAT stands on invoices."])
    assert not is_told("do you train beginners on site?", ["Invite beginners."])
    assert is_subject("where can we download invoices?", ["VAT stands on invoices."])
