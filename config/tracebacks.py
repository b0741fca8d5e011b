"""Exceptions in logs: their types and where they came from, never what they say.

The text of an exception may quote what a customer wrote: PostgreSQL prints the whole row that a
constraint refused. Left are the types, the frames with their lines of code, and what names a
cause without content: the SQLSTATE and the constraint, or the operating system's error.
"""

import traceback
from types import TracebackType

import psycopg

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def format_exception(exc_info: ExcInfo) -> str:
    """The chain of exceptions, the first cause first."""
    _type, error, _frames = exc_info
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(traceback.format_tb(current.__traceback__))
        parts.append(f"{frames}{_name(current)}")
        hidden = current.__suppress_context__ or current.__cause__ is not None
        current = current.__cause__ if hidden else current.__context__
    return "\nwhich led to\n".join(reversed(parts))


def _name(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, psycopg.Error):
        known = (error.sqlstate, error.diag.constraint_name)
        return " ".join([name, *(str(each) for each in known if each)])
    if isinstance(error, OSError) and error.errno is not None:
        return f"{name} {error.errno}"
    return name
