"""How the double fails: on command for the next calls, or by probability with a seed."""

import random
import threading
from collections import Counter, deque
from enum import StrEnum


class Fault(StrEnum):
    HANG = "hang"  # says nothing
    DRIP = "drip"  # sends a byte now and then, so that no read times out
    BAD_JSON = "bad_json"
    NO_CHOICES = "no_choices"
    RESET = "reset"
    REFUSED = "refused"  # 400
    UNAUTHORIZED = "unauthorized"
    RATE_LIMITED = "rate_limited"
    ERROR = "error"  # 500
    UNAVAILABLE = "unavailable"  # 503


STATUSES = {
    Fault.REFUSED: 400,
    Fault.UNAUTHORIZED: 401,
    Fault.RATE_LIMITED: 429,
    Fault.ERROR: 500,
    Fault.UNAVAILABLE: 503,
}


class FaultPlan:
    """Thread-safe. What is queued comes first, then chance decides; `happened` counts both."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._queued: deque[Fault] = deque()
        self._chances: dict[Fault, float] = {}
        self.happened: Counter[str] = Counter()

    def queue(self, *faults: Fault) -> None:
        """The next calls fail this way, one fault each."""
        with self._lock:
            self._queued.extend(faults)

    def chance(self, fault: Fault, probability: float) -> None:
        """A probability of 1 is a model that is away until `clear`."""
        with self._lock:
            self._chances[fault] = probability

    def clear(self) -> None:
        with self._lock:
            self._queued.clear()
            self._chances.clear()

    def next(self) -> Fault | None:
        with self._lock:
            fault = self._draw()
            if fault is not None:
                self.happened[fault.value] += 1
        return fault

    def _draw(self) -> Fault | None:
        if self._queued:
            return self._queued.popleft()
        for fault, probability in self._chances.items():
            if self._random.random() < probability:
                return fault
        return None
