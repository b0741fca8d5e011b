"""One id that follows a message from the request that brought it into every job it causes."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_ACCEPTED = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def get_correlation_id() -> str:
    """The id bound to this thread of work, or "" outside of any."""
    return str(structlog.contextvars.get_contextvars().get("correlation_id", ""))


@contextmanager
def bind_correlation_id(candidate: str | None = None) -> Iterator[str]:
    """Binds `candidate`, or a new id where it is missing or not 8 to 64 plain characters."""
    accepted = bool(candidate) and _ACCEPTED.match(candidate or "") is not None
    correlation_id = candidate if accepted and candidate else uuid.uuid4().hex
    with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
        yield correlation_id
