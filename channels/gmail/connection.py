"""One HTTP request to Gmail, made once, with its errors told apart.

Requests go through google-auth's session, which posts a request once whatever the server does;
httplib2, below Google's own client, posts it again when the server closes without an answer.
"""

from collections.abc import Mapping

import requests
from google.auth import exceptions
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession, Request
from urllib3.exceptions import MaxRetryError, NewConnectionError

from channels.gmail.answers import Json, read_answer
from channels.gmail.errors import CredentialsRefused, OutcomeUnknown
from channels.types import TransportError

Params = Mapping[str, str | int | list[str]]


class Connection:
    """Belongs to one thread. `timeout` are the seconds to connect and between two bytes."""

    def __init__(
        self, base: str, credentials: Credentials, *, timeout: tuple[float, float]
    ) -> None:
        self._base = base
        self._timeout = timeout
        self._tokens = requests.Session()
        self._session: requests.Session = AuthorizedSession(  # type: ignore[no-untyped-call]
            credentials,
            max_refresh_attempts=1,
            auth_request=Request(self._tokens),
        )

    def close(self) -> None:
        self._session.close()
        self._tokens.close()

    def get(self, path: str, params: Params | None = None, *, what: str) -> Json:
        return self._request("GET", path, params, None, what=what, sends=False)

    def post(self, path: str, body: Json, *, what: str, sends: bool) -> Json:
        """Posts once. With `sends`, OutcomeUnknown tells that it may have been carried out."""
        return self._request("POST", path, None, body, what=what, sends=sends)

    def _request(
        self,
        method: str,
        path: str,
        params: Params | None,
        body: Json | None,
        *,
        what: str,
        sends: bool,
    ) -> Json:
        try:
            response = self._session.request(
                method,
                f"{self._base}/gmail/v1/users/me/{path}",
                params=params,
                json=body,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except exceptions.RefreshError as error:
            raise _refused(error) from None
        except exceptions.GoogleAuthError:  # the token address is out of reach: nothing was sent
            raise TransportError("Google gives no access token now.", permanent=False) from None
        except requests.RequestException as error:
            if sends and not _never_connected(error):
                raise OutcomeUnknown(f"Gmail did not answer {what}.") from None
            raise TransportError(f"Gmail cannot be reached for {what}.", permanent=False) from None
        return read_answer(response, what=what, sends=sends)


def _refused(error: exceptions.RefreshError) -> TransportError:
    """invalid_grant and its like end only by a person; a failing token service passes."""
    if getattr(error, "retryable", False):
        return TransportError("Google gives no access token now.", permanent=False)
    return CredentialsRefused(
        "Google refuses the mailbox's credentials: authorise it again and set "
        "GMAIL_REFRESH_TOKEN, or check the service account's delegation."
    )


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    return isinstance(cause, NewConnectionError)
