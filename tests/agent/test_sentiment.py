import pytest

from agent.sentiment import VERY_UNHAPPY, is_rising_anger, score


@pytest.mark.parametrize(
    "text",
    [
        "Third time I'm writing, NOBODY answers, I'm losing a client over this!!!",
        "I'm beyond disappointed. We trusted you with our whole business. This is a disgrace.",
        "I have HAD IT. This is ridiculous and unacceptable!!",
        "Absolutely furious. The worst software I have ever used.",
    ],
)
def test_fury_is_heard(text: str) -> None:
    assert score(text) <= VERY_UNHAPPY


@pytest.mark.parametrize(
    "text",
    [
        "It's annoying that I get so many e-mails, how do I stop that?",
        "Where the hell is the export button?",
        "Error BL-413: the upload failed. What is wrong?",
        "I deleted the whole board by accident!! Can I get it back? HELP",
        "I lost my phone and cannot sign in",
        "How do I export a board?",
        "Not ridiculous at all, I just wonder how it works",
    ],
)
def test_a_problem_is_no_anger(text: str) -> None:
    assert score(text) > VERY_UNHAPPY


def test_thanks_are_heard() -> None:
    assert score("Thank you, that is perfect, I love it") > 0.3


@pytest.mark.parametrize("text", ["", "   ", "!!!!", "🙂", "a" * 30_000, "GREAT " * 5_000])
def test_scores_stay_in_range(text: str) -> None:
    assert -1 <= score(text) <= 1


@pytest.mark.parametrize(
    ("scores", "rising"),
    [
        ([0.2, -0.1, -0.4], True),
        ([0.5, 0.2, -0.1, -0.4], True),
        ([-0.4, -0.1, 0.2], False),
        ([0.0, -0.4], False),
        ([0.6, 0.3, 0.1], False),
        ([-0.30, -0.31, -0.32], False),
    ],
)
def test_case_59_anger_that_rises(scores: list[float], rising: bool) -> None:
    assert is_rising_anger(scores) is rising
