"""How good learned weights are."""

from dataclasses import dataclass

# The label of texts that belong to no intent.
NONE = ""
# Of how many examples an intent is learned at the least: each part that judges needs one.
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """How good the weights are, by judgements over texts that they did not learn from.

    `accuracy` is the share of right intents among texts that have one, whatever the threshold.
    `kept` is the share of those that the threshold keeps, `none_caught` that of the others it
    turns away, None without examples of them. `judged` holds for each text what it was taken for
    (NONE: out of scope), None where it was not judged.
    """

    accuracy: float
    kept: float
    none_caught: float | None
    confusions: list[tuple[str, str, int]]
    judged: list[str | None]
