"""The HTTP below Twilio's library: a timeout, another address, no second try, no log of content.

The library has no timeout of its own and raises whatever requests raises. Here every failure
becomes a TransportError that says whether the message may be out.
"""

from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

from channels.types import TransportError
from channels.whatsapp.errors import error_of_answer, unanswered, unreachable

OFFICIAL_BASE = "https://api.twilio.com"
CONNECT_SECONDS = 5.0


class OnceHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Makes each request once. A request that may have been read and was not answered raises
    OutcomeUnknown if it sends a message, a transient TransportError if it only asks."""

    def __init__(self, *, base: str, connect_seconds: float, read_seconds: float) -> None:
        super().__init__()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=0))
        self.timeout = (connect_seconds, read_seconds)
        self._base = base.rstrip("/")
        self.session.headers["Connection"] = "close"

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        sends = method.upper() != "GET"
        try:
            response = super().request(method, self._address(url), *args, **kwargs)
        except requests.RequestException as error:
            raise _error_of(error, sends=sends) from error
        finally:
            # A kept connection that the other side has just closed looks like a lost answer.
            self.session.close()
        if not 200 <= response.status_code < 300:
            raise error_of_answer(
                sends=sends,
                status=response.status_code,
                text=response.text,
                retry_after=response.headers.get("Retry-After"),
            )
        return response

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Nothing: the library would log the customer's number."""

    def log_response(self, status_code: int, response: requests.Response) -> None:
        """Nothing, as above."""

    def _address(self, url: str) -> str:
        return self._base + url.removeprefix(OFFICIAL_BASE) if self._base else url


def _error_of(error: requests.RequestException, *, sends: bool) -> TransportError:
    return unanswered() if sends and not _before_sent(error) else unreachable()


def _before_sent(error: requests.RequestException) -> bool:
    """Whether no connection stood, so that the provider cannot have read the request."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    if isinstance(reason, urllib3.exceptions.SSLError):
        return "CERTIFICATE_VERIFY_FAILED" in str(reason)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)
