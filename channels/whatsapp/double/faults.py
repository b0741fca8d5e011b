"""How the double misbehaves: by a script of what comes next, or by probability with a seed."""

import random
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Fault(StrEnum):
    """What happens to one request of the API, before or after the message was accepted."""

    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    UNAVAILABLE_BEFORE = "unavailable_before"
    UNAVAILABLE_AFTER = "unavailable_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    CLOSE_BEFORE = "close_before"
    CLOSE_AFTER = "close_after"
    GARBLED_AFTER = "garbled_after"
    RATE_LIMIT = "rate_limit"

    @property
    def accepts(self) -> bool:
        """Whether the message is accepted although the caller does not hear of it."""
        return self.value.endswith("_after")

    @property
    def manner(self) -> str:
        return self.value.removesuffix("_before").removesuffix("_after")


class WebhookFault(StrEnum):
    """What happens to one webhook or one message's status callbacks."""

    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DROP = "drop"


# Requests that send, requests that only ask, customers' messages, status callbacks.
LANES: Mapping[str, type[Fault] | type[WebhookFault]] = {
    "send": Fault,
    "read": Fault,
    "inbound": WebhookFault,
    "callback": WebhookFault,
}


class FaultPlan:
    """What goes wrong next in each lane; `happened` counts it. Safe to use from several threads."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self.happened: Counter[str] = Counter()
        self._scripts: dict[str, deque[str | None]] = defaultdict(deque)
        self._rates: dict[str, dict[str, float]] = {}

    def script(self, lane: str, faults: Sequence[str | None]) -> None:
        """Adds what happens to the lane's next events; None lets one pass."""
        checked = [None if fault is None else LANES[lane](fault).value for fault in faults]
        with self._lock:
            self._scripts[lane].extend(checked)

    def set_rates(self, lane: str, rates: Mapping[str, float]) -> None:
        """The probability of each fault once the script is used up; together at most 1."""
        checked = {LANES[lane](fault).value: float(rate) for fault, rate in rates.items()}
        if min(checked.values(), default=0) < 0 or sum(checked.values()) > 1:
            raise ValueError("Probabilities are from 0 to 1, together too.")
        with self._lock:
            self._rates[lane] = checked

    def reseed(self, seed: int) -> None:
        with self._lock:
            self._random = random.Random(seed)

    def next_fault(self, lane: str) -> str | None:
        with self._lock:
            fault = self._draw(lane)
            if fault is not None:
                self.happened[fault] += 1
        return fault

    def _draw(self, lane: str) -> str | None:
        if self._scripts[lane]:
            return self._scripts[lane].popleft()
        draw = self._random.random()
        for fault, rate in self._rates.get(lane, {}).items():
            if draw < rate:
                return fault
            draw -= rate
        return None
