import pytest

from agent.emotions.sentences import read_held_out
from agent.sentiment import VERY_UNHAPPY, is_rising_anger, read_mood
from knowledge.minilm.embedder import LocalEmbedder


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
    assert read_mood(text).score <= VERY_UNHAPPY


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
    assert read_mood(text).score > VERY_UNHAPPY


@pytest.mark.parametrize(
    "text",
    [
        "Are you HIPAA compliant?",
        "Do you have SOC 2?",
        "He resigned last week. How can I revoke his login?",
        "We fired someone. How do I block his access?",
        "I want to cancel my subscription because we close the business",
        "Where can I empty the bin?",
    ],
)
def test_an_everyday_question_is_neutral(text: str) -> None:
    assert read_mood(text).emotion == "neutral"


@pytest.mark.parametrize("text", ["your support is trash", "this app is crap"])
def test_contempt_is_anger(text: str) -> None:
    mood = read_mood(text)
    assert mood.emotion == "anger"
    assert mood.score <= VERY_UNHAPPY


def test_thanks_are_heard() -> None:
    mood = read_mood("Thank you, that is perfect, I love it")
    assert mood.score > 0.3
    assert mood.emotion == "satisfied"


@pytest.mark.parametrize("text", ["", "   ", "!!!!", "🙂", "a" * 30_000, "GREAT " * 5_000])
def test_scores_stay_in_range(text: str) -> None:
    assert -1 <= read_mood(text).score <= 1


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


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("You people are a disgrace, I am furious", "anger"),
        ("Ich bin stinksauer, das ist eine Frechheit", "anger"),
        ("I've been trying for three days and it still fails", "frustration"),
        ("I'm really scared that all of our data is gone", "worry"),
        ("Where can I find the invoice for May?", "neutral"),
        ("Muchas gracias, ha sido muy rápido", "satisfied"),
    ],
)
def test_emotions_have_names(text: str, emotion: str) -> None:
    assert read_mood(text).emotion == emotion


def test_a_long_message_that_is_angry_in_one_sentence_is_angry() -> None:
    mood = read_mood(
        "We have used your product for four years and recommended it to all of our friends. The "
        "calendar is lovely. Since the last update half of the rules do not run. I am fed up and "
        "beyond disappointed, this is a nightmare. We meet on Monday to talk about the summer."
    )
    assert mood.score <= VERY_UNHAPPY
    assert mood.emotion in {"anger", "frustration"}


def test_more_of_the_unhappy_are_found_than_by_words_alone() -> None:
    """On sentences that nothing was learned from; measured 0.88 when the heads were trained."""
    unhappy = [
        sentence for sentence in read_held_out() if sentence.emotion in {"anger", "frustration"}
    ]
    found = [read_mood(sentence.text).emotion in {"anger", "frustration"} for sentence in unhappy]
    assert sum(found) / len(found) >= 0.8


def test_without_its_embedding_model_the_words_decide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(LocalEmbedder, "name", "another")
    mood = read_mood("I am furious, this is unacceptable and a disgrace")
    assert mood.score <= VERY_UNHAPPY
    assert mood.emotion == ""
