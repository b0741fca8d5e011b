"""Google's public keys, kept for as long as Google says (RFC 9111, max-age)."""

import re
import threading
import time
from dataclasses import dataclass
from typing import cast

import requests

# Seconds. A token with an unknown key fetches anew at most once in _MIN_INTERVAL, so that
# strangers cannot make us ask Google for every request; after a failed fetch, keys that were
# good are used for another _GRACE.
_TIMEOUT = (3.05, 5)
_DEFAULT_AGE = 300.0
_MAX_AGE = 86_400.0
_MIN_INTERVAL = 30.0
_GRACE = 3_600.0
_MAX_AGE_FIELD = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


class CertsUnavailable(Exception):
    """Google's keys cannot be had now: answer `status`, and it will be tried again."""

    status = 503


@dataclass(frozen=True, slots=True)
class _Fetched:
    keys: dict[str, str]
    expires: float
    fetched: float


_cache: dict[str, _Fetched] = {}
_failed: dict[str, float] = {}
_lock = threading.Lock()


def get_certificates(url: str, *, key_id: str = "") -> dict[str, str]:
    """PEM by key id. A `key_id` that is not known yet makes them be fetched again, for Google
    rotates its keys. Raises CertsUnavailable if there are none."""
    with _lock:
        now = time.monotonic()
        held = _cache.get(url)
        if held and now < held.expires and (not key_id or key_id in held.keys):
            return held.keys
        if held and now < held.expires and now < held.fetched + _MIN_INTERVAL:
            return held.keys
        try:
            if now < _failed.get(url, 0.0):
                raise CertsUnavailable("Google's keys could not be had a moment ago.")
            _cache[url] = fetched = _fetch(url, now)
        except CertsUnavailable:
            _failed.setdefault(url, 0.0)
            if _failed[url] <= now:
                _failed[url] = now + 2
            if held and now < held.expires + _GRACE and (not key_id or key_id in held.keys):
                return held.keys
            raise
        return fetched.keys


def forget_certificates() -> None:
    with _lock:
        _cache.clear()
        _failed.clear()


def _fetch(url: str, now: float) -> _Fetched:
    try:
        response = requests.get(url, timeout=_TIMEOUT)
        response.raise_for_status()
        keys = response.json()
    except (requests.RequestException, ValueError):
        raise CertsUnavailable("Google's keys cannot be fetched.") from None
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise CertsUnavailable("Google's keys cannot be read.")
    return _Fetched(cast("dict[str, str]", keys), now + _age(response), now)


def _age(response: requests.Response) -> float:
    match = _MAX_AGE_FIELD.search(response.headers.get("Cache-Control", ""))
    if match is None:
        return _DEFAULT_AGE
    try:
        spent = float(response.headers.get("Age", "0"))
    except ValueError:
        spent = 0.0
    return min(max(float(match[1]) - spent, 0.0), _MAX_AGE)
