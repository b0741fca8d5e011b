"""How large a storm is, and what it takes to notice a safeguard that is switched off."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """`messages` in so many `conversations` within `seconds`; `patience` is the longest wait for
    the end, which no machine should need. `haste` shortens the desk's own waits (see `sabotage`).
    The rest are the seconds between two events of a kind, 0 for never; `model_back` is for how
    long the model is away."""

    messages: int
    conversations: int
    seconds: float
    workers: int
    patience: float
    haste: bool
    colleagues: float = 0.0
    worker_killed: float = 0.0
    web_killed: float = 0.0
    database_killed: float = 0.0
    worker_paused: float = 0.0
    backends_cut: float = 0.0
    model_away: float = 0.0
    model_back: float = 0.0


FULL = Extent(
    messages=2000,
    conversations=200,
    seconds=600,
    workers=4,
    patience=2400,
    haste=False,
    colleagues=1.5,
    worker_killed=10,
    web_killed=30,
    database_killed=60,
    worker_paused=45,
    backends_cut=25,
    model_away=400,
    model_back=120,
)
SHORT = Extent(
    messages=160,
    conversations=40,
    seconds=36,
    workers=3,
    patience=600,
    haste=True,
    colleagues=0.5,
    worker_killed=8,
    web_killed=15,
    database_killed=18,
    worker_paused=20,
    backends_cut=9,
    model_away=24,
    model_back=5,
)
_CALM = Extent(
    messages=60,
    conversations=20,
    seconds=10,
    workers=2,
    patience=120,
    haste=True,
)
_SENDS = Extent(
    messages=60,
    conversations=60,
    seconds=20,
    workers=3,
    patience=120,
    haste=True,
    worker_killed=7,
)
_PEOPLE = Extent(
    messages=150,
    conversations=150,
    seconds=30,
    workers=2,
    patience=120,
    haste=True,
    colleagues=0.1,
)
# As short as a safeguard that is switched off takes to be noticed.
SABOTAGED: Mapping[str, Extent] = {
    "deduplication": _CALM,
    "lease": _SENDS,
    "enqueue": _CALM,
    "turn": _PEOPLE,
    "grounding": _CALM,
    "boundary": _CALM,
}
# What a model has to do with; the others' workers start sooner without.
NEED_A_MODEL = {"turn", "grounding"}
