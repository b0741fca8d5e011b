"""How a customer feels: an emotion, and a score from -1 (furious) to 1 (delighted).

Both come from heads trained over the message's vector, its words and the lexicon's features. They
know the vectors of one embedding model; under another one the words alone give the score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent import meaning
from agent.emotions.head import get_head
from agent.lexicon import features, guess_score

# At or below this a message goes to a person whatever it asks.
VERY_UNHAPPY = -0.6
# Anger that rises over three messages needs less to be passed on.
RISING_UNHAPPY = -0.25
RISE = 0.1  # by how much each message is worse than the one before

_VALUES: Mapping[str, float] = {
    "anger": -1.0,
    "frustration": -0.5,
    "worry": -0.25,
    "neutral": 0.0,
    "satisfied": 0.9,
}


@dataclass(frozen=True, slots=True)
class Mood:
    """`emotion` is anger, frustration, worry, neutral, satisfied, or "" where none can be told."""

    score: float
    emotion: str


def read_mood(text: str) -> Mood:
    """The mood of a cleaned message. Loads the embedding model: for the worker only."""
    head = get_head()
    if not text.strip():
        return Mood(0.0, "neutral")
    if head.embedder != meaning.model_name():
        return Mood(guess_score(text), "")
    shares = head.share(text, meaning.embed(text), features(text))
    score = sum(_VALUES[emotion] * share for emotion, share in shares.items())
    # A long message that is angry in one of its sentences is angry: the words can make it worse.
    worse = guess_score(text)
    if worse <= RISING_UNHAPPY and worse < score:
        score = worse
        shares = {emotion: shares[emotion] for emotion in ("anger", "frustration")}
    return Mood(round(score, 3), max(shares, key=lambda emotion: shares[emotion]))


def is_rising_anger(scores: Sequence[float]) -> bool:
    """Whether the last three scores, oldest first, fall one after the other into unhappiness."""
    if len(scores) < 3:
        return False
    first, second, third = scores[-3:]
    return first - second >= RISE and second - third >= RISE and third <= RISING_UNHAPPY
