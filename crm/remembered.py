"""Settings in the database that every message asks for, and that staff change now and then."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.conf import settings

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """What `read` returns, at most `settings.REMEMBERED_SECONDS` old.

    So long after its commit a change counts in every process, whatever wrote it; with 0 every
    caller reads anew. Not for what a message must never get wrong, such as who holds its
    conversation, nor inside a transaction that changes the setting. Callers share the value and
    leave it as it is.
    """

    def __init__(self, read: Callable[[], Value]) -> None:
        self._read = read
        self._kept: tuple[float, Value] | None = None

    def get(self) -> Value:
        kept = self._kept
        # The age counts from before the read: what is committed meanwhile may not be in it.
        now = time.monotonic()
        if kept is not None and now - kept[0] < settings.REMEMBERED_SECONDS:
            return kept[1]
        value = self._read()
        self._kept = (now, value)
        return value
