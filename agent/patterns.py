"""Regular expressions that staff write, matched within a time that none of them exceeds."""

import functools
import time

import regex  # type: ignore[import-untyped]

# Of one rule on one text. The shipped rules need a few milliseconds for the longest message.
RULE_SECONDS = 1.0


class PatternError(ValueError):
    """No regular expression; the message says what is wrong with it."""


class SlowPatternError(Exception):
    """A pattern that was still looking when its time was over; `args[0]` is the pattern."""


def check(patterns: str) -> None:
    """Raises PatternError for a line that is no regular expression."""
    try:
        _compile(patterns)
    except regex.error as error:
        raise PatternError(str(error)) from None


def find(patterns: str, text: str) -> str:
    """The words that the first matching line catches, "" if none does.

    Raises SlowPatternError after RULE_SECONDS of looking.
    """
    deadline = time.monotonic() + RULE_SECONDS
    for pattern in _compile(patterns):
        left = max(deadline - time.monotonic(), 0.01)
        try:
            match = pattern.search(text, timeout=left)
        except TimeoutError:
            raise SlowPatternError(pattern.pattern) from None
        if match:
            return match[0] or text[:100]
    return ""


def list_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@functools.lru_cache(maxsize=256)
def _compile(patterns: str) -> "tuple[regex.Pattern[str], ...]":
    return tuple(
        regex.compile(line, regex.IGNORECASE | regex.MULTILINE) for line in list_lines(patterns)
    )
