"""One id that follows a message from the request that brought it into every job it causes."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

_ACCEPTED = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
_current: ContextVar[str] = ContextVar("correlation_id", default="")


def get_correlation_id() -> str:
    """The id bound to this thread of work, or "" outside of any."""
    return _current.get()


@contextmanager
def bind_correlation_id(candidate: str | None = None) -> Iterator[str]:
    """Binds `candidate`, or a new id where it is missing or not 8 to 64 plain characters; log
    lines have it too."""
    accepted = bool(candidate) and _ACCEPTED.match(candidate or "") is not None
    correlation_id = candidate if accepted and candidate else uuid.uuid4().hex
    # By hand: structlog's own context manager copies the whole context, on every request.
    for_logs = structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
    token = _current.set(correlation_id)
    try:
        yield correlation_id
    finally:
        _current.reset(token)
        structlog.contextvars.reset_contextvars(**for_logs)
