"""While no connection to the database can be had, one caller at a time finds out whether it is
back, and the others are told at once. Each web process knows for itself."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import OperationalError
from psycopg_pool import PoolTimeout

_PAUSE = 1.0  # seconds after a try that failed
_LONGEST_TRY = 5.0  # longer than a request waits for a connection


class DatabaseGate:
    """Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed_until = 0.0

    def admit(self) -> bool:
        """Whether to go ahead; while the gate is closed, one caller may after each pause."""
        with self._lock:
            now = time.monotonic()
            if not self._closed_until:
                return True
            if now < self._closed_until:
                return False
            self._closed_until = now + _LONGEST_TRY
            return True

    @property
    def is_open(self) -> bool:
        """Whether the database is not known to be away."""
        return not self._closed_until

    def note(self, error: OperationalError) -> None:
        """Closes if a connection was waited for in vain; other trouble is one request's."""
        if isinstance(error.__cause__, PoolTimeout):
            with self._lock:
                self._closed_until = time.monotonic() + _PAUSE

    @contextmanager
    def guarding_connections(self) -> Iterator[None]:
        """Within it every new connection is asked for at the gate."""
        token = _guarding.set(True)
        try:
            yield
        finally:
            _guarding.reset(token)

    @property
    def is_guarding(self) -> bool:
        return _guarding.get()

    def reopen(self) -> None:
        self._closed_until = 0.0


_guarding: ContextVar[bool] = ContextVar("guarding", default=False)
gate = DatabaseGate()
