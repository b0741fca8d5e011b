"""What Gmail answered, as a value or as an error that says what to do next."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

import requests

from channels.gmail.errors import CredentialsRefused, NotFound, OutcomeUnknown, RateLimited
from channels.types import TransportError

Json = Mapping[str, object]

_DEFAULT_WAIT = 30.0
_MAX_WAIT = 6 * 3600.0
_LIMIT_REASONS = {
    "dailyLimitExceeded",
    "quotaExceeded",
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "RATE_LIMIT_EXCEEDED",
}


def read_answer(response: requests.Response, *, what: str, sends: bool) -> Json:
    """The JSON object of a success. Raises the TransportError that fits anything else.

    A request that `sends` and is answered by 5xx, or by a success that cannot be read, may
    have been carried out: OutcomeUnknown.
    """
    status = response.status_code
    if 200 <= status < 300:
        try:
            return _object(response.json() if response.content else {})
        except ValueError:
            raise _unclear(f"Gmail's answer to {what} cannot be read.", sends=sends) from None
    reasons, detail = _error(response)
    if status == 401:
        raise CredentialsRefused("Gmail refuses the access token: authorise the mailbox again.")
    if status == 404:
        raise NotFound(f"Gmail does not have what {what} asks for.")
    if status == 429 or (status == 403 and reasons & _LIMIT_REASONS):
        raise RateLimited(f"Gmail limits {what} for now.", retry_after=_retry_after(response))
    if status == 403:
        raise TransportError(f"Gmail does not permit {what}{detail}.", permanent=True)
    if status >= 500 or status == 408:
        raise _unclear(f"Gmail answered {what} with {status}.", sends=sends)
    raise TransportError(f"Gmail refused {what} with {status}{detail}.", permanent=True)


def text_of(answer: Json, name: str) -> str:
    """A text or number as text; empty if it is missing."""
    value = answer.get(name, "")
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def object_of(answer: Json, name: str) -> Json:
    value = answer.get(name)
    return cast("Json", value) if isinstance(value, dict) else {}


def objects_of(answer: Json, name: str) -> list[Json]:
    value = answer.get(name)
    return (
        [cast("Json", item) for item in value if isinstance(item, dict)]
        if (isinstance(value, list))
        else []
    )


def texts_of(answer: Json, name: str) -> tuple[str, ...]:
    value = answer.get(name)
    return (
        tuple(item for item in value if isinstance(item, str)) if (isinstance(value, list)) else ()
    )


def number_of(answer: Json, name: str, *, what: str) -> int:
    """Gmail writes 64-bit numbers as text. Raises TransportError if there is none."""
    found = text_of(answer, name)
    if not (found.isascii() and found.isdigit()):
        raise TransportError(f"Gmail's answer to {what} has no {name}.", permanent=False)
    return int(found)


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise ValueError
    return cast("Json", value)


def _unclear(explanation: str, *, sends: bool) -> TransportError:
    if sends:
        return OutcomeUnknown(explanation)
    return TransportError(explanation, permanent=False)


def _error(response: requests.Response) -> tuple[set[str], str]:
    """Google's reasons, and its status word for staff; its sentence may quote the request."""
    try:
        error = object_of(_object(response.json()), "error")
    except ValueError:
        return set(), ""
    reasons = {text_of(item, "reason") for item in objects_of(error, "errors")}
    reasons |= {text_of(item, "reason") for item in objects_of(error, "details")}
    word = text_of(error, "status") or ", ".join(sorted(reasons - {""}))
    return reasons, f" ({word[:60]})" if word else ""


def _retry_after(response: requests.Response) -> float:
    """Seconds, from a number or a date (RFC 9110, section 10.2.3)."""
    field = response.headers.get("Retry-After", "").strip()
    try:
        seconds = float(field)
    except ValueError:
        try:
            until = parsedate_to_datetime(field)
            until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
            seconds = (until - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            seconds = _DEFAULT_WAIT
    if not math.isfinite(seconds):
        seconds = _DEFAULT_WAIT
    return min(max(seconds, 1.0), _MAX_WAIT)
