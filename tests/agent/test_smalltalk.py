import pytest

from agent.smalltalk import is_greeting, is_small_talk


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "thank you so much for your quick help",
        "ok",
        "Perfect, that worked!",
        "Great, thanks a lot!\n\nBest regards\nAnna Lindqvist",
        "👍",
        "Danke schön",
        "Merci beaucoup",
        "ok bye",
        "All good now, thank you",
        "Thanks, that was great help",
        "Thank you, it was very helpful!",
    ],
)
def test_case_60_nothing_is_asked(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, but it still does not work",
        "Thanks! And how do I export it?",
        "ok, where is the button",
        "Thanks for nothing",
        "Thanks, but that was no help",
        "ok that was not helpful",
        "it doesnt work",
        "hello",
        "",
        "no",
        "Thank you for the fish and please delete my account",
    ],
)
def test_something_is_asked(text: str) -> None:
    assert not is_small_talk(text)


@pytest.mark.parametrize("text", ["hi", "Hello!", "Hey there 👋", "Guten Tag,", "hello, team"])
def test_only_a_greeting(text: str) -> None:
    assert is_greeting(text)


@pytest.mark.parametrize("text", ["", "hi, my board is gone", "hello?? anyone", "high", "👋"])
def test_more_or_less_than_a_greeting(text: str) -> None:
    assert not is_greeting(text)
