"""How the double misbehaves: on command for the next calls, or by probability with a seed."""

import random
import threading
from collections import Counter, defaultdict, deque
from enum import StrEnum


class Fault(StrEnum):
    """`…_before`: the call had no effect. `…_after`: it had its effect, and nobody hears."""

    UNAVAILABLE_BEFORE = "unavailable_before"
    UNAVAILABLE_AFTER = "unavailable_after"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    CLOSE_BEFORE = "close_before"
    CLOSE_AFTER = "close_after"
    GARBLED_AFTER = "garbled_after"
    RATE_LIMITED = "rate_limited"
    USER_RATE_LIMITED = "user_rate_limited"
    UNAUTHORIZED = "unauthorized"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DROP = "drop"

    @property
    def takes_effect(self) -> bool:
        return self.value.endswith("_after")


class FaultPlan:
    """Thread-safe. An operation is named as in `GmailDouble.calls`, or `*` for any; `happened`
    counts the faults that were given out."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self.happened: Counter[str] = Counter()
        self._queued: dict[str, deque[Fault]] = defaultdict(deque)
        self._chances: dict[str, dict[Fault, float]] = defaultdict(dict)

    def queue(self, operation: str, *faults: Fault) -> None:
        """The next calls of the operation fail this way, one fault each."""
        with self._lock:
            self._queued[operation].extend(faults)

    def chance(self, operation: str, fault: Fault, probability: float) -> None:
        with self._lock:
            self._chances[operation][fault] = probability

    def seed(self, seed: int) -> None:
        with self._lock:
            self._random.seed(seed)

    def clear(self) -> None:
        with self._lock:
            self._queued.clear()
            self._chances.clear()

    def next(self, operation: str) -> Fault | None:
        with self._lock:
            fault = self._draw(operation)
            if fault is not None:
                self.happened[fault.value] += 1
        return fault

    def _draw(self, operation: str) -> Fault | None:
        for name in (operation, "*"):
            if self._queued[name]:
                return self._queued[name].popleft()
        for name in (operation, "*"):
            for fault, probability in self._chances[name].items():
                if self._random.random() < probability:
                    return fault
        return None
