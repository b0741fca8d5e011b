"""Cloud Pub/Sub push requests: who sent them, and what they say (RFC 7519, RFC 6750)."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from google.auth import exceptions, jwt

from channels.gmail.account import get_account
from channels.gmail.certificates import CertsUnavailable, get_certificates

__all__ = [
    "CertsUnavailable",
    "MalformedPush",
    "PushNotification",
    "PushRefused",
    "parse_push",
    "verify_push",
]

CLOCK_SKEW_SECONDS = 10
_ISSUERS = ("accounts.google.com", "https://accounts.google.com")
_MAX_TOKEN = 8_192
_DIGITS = re.compile(r"[0-9]{1,20}")


class PushRefused(Exception):
    """The request does not prove that Google sent it for this desk: answer `status`."""

    status = 401


class MalformedPush(Exception):
    """Google sent it, and it cannot be read: keep it, alert, and acknowledge it, since the
    same would come again for ever."""


@dataclass(frozen=True, slots=True)
class PushNotification:
    """The mailbox changed up to about `history_id`; a hint, late or lost at times."""

    email_address: str
    history_id: int
    pubsub_message_id: str


def verify_push(authorization_header: str | None) -> None:
    """Returns if the bearer token is Google's, for our audience and configured service account.

    Raises PushRefused (401) for every other token, also while no audience or service account
    is configured, and CertsUnavailable (503) if Google's keys cannot be had, so that Pub/Sub
    comes again.
    """
    account = get_account()
    if not account.pubsub_audience or not account.pubsub_service_account:
        raise PushRefused("GMAIL_PUBSUB_AUDIENCE and GMAIL_PUBSUB_SERVICE_ACCOUNT are not set.")
    scheme, _, token = (authorization_header or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _MAX_TOKEN:
        raise PushRefused("There is no bearer token.")
    claims = _decode(token, _key_id(token), account.pubsub_audience, account.certs_url)
    if claims.get("iss") not in _ISSUERS:
        raise PushRefused("The token has another issuer.")
    if claims.get("email") != account.pubsub_service_account:
        raise PushRefused("The token is another service account's.")
    if claims.get("email_verified") is not True:
        raise PushRefused("The token's e-mail address is not verified.")


def parse_push(body: bytes) -> PushNotification:
    """What a verified request says. Raises MalformedPush.

    The data comes as base64 or base64url, padded or not, the history id as number or text.
    """
    message = _object(_json(body).get("message"))
    encoded = message.get("data")
    if not isinstance(encoded, str):
        raise MalformedPush("The message has no data.")
    data = _json(_from_base64(encoded))
    address, history_id = data.get("emailAddress"), data.get("historyId")
    if isinstance(history_id, bool) or not isinstance(history_id, int | str):
        raise MalformedPush("The data has no history id.")
    if not _DIGITS.fullmatch(str(history_id)) or not isinstance(address, str) or "@" not in address:
        raise MalformedPush("The data names no mailbox or no history id.")
    message_id = message.get("messageId", message.get("message_id", ""))
    return PushNotification(
        email_address=address[:254],
        history_id=int(history_id),
        pubsub_message_id=str(message_id)[:200] if isinstance(message_id, int | str) else "",
    )


def _decode(token: str, key_id: str, audience: str, certs_url: str) -> Mapping[str, Any]:
    certificates = get_certificates(certs_url, key_id=key_id)
    try:
        claims = jwt.decode(  # type: ignore[no-untyped-call]
            token,
            certs={key_id: certificates[key_id]},
            audience=audience,
            clock_skew_in_seconds=CLOCK_SKEW_SECONDS,
        )
    except KeyError:
        raise PushRefused("The token's key is not one of Google's.") from None
    except (exceptions.GoogleAuthError, ValueError, TypeError, UnicodeError):
        raise PushRefused("The token is not valid.") from None
    return cast("Mapping[str, Any]", claims)


def _key_id(token: str) -> str:
    """The key that the token names. The algorithm is fixed: RS256 is what Google signs with,
    and `none` or HS256 must never be looked at."""
    try:
        header = jwt.decode_header(token)  # type: ignore[no-untyped-call]
    except (exceptions.GoogleAuthError, ValueError, TypeError, UnicodeError, RecursionError):
        raise PushRefused("The token cannot be read.") from None
    if header.get("alg") != "RS256":
        raise PushRefused("The token has another algorithm.")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise PushRefused("The token names no key.")
    return key_id


def _from_base64(encoded: str) -> bytes:
    plain = encoded.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedPush("The data is not base64.") from None


def _json(body: bytes) -> dict[str, object]:
    try:
        return _object(json.loads(body))
    except (ValueError, RecursionError):
        raise MalformedPush("It is not JSON.") from None


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise MalformedPush("An object is missing.")
    return cast("dict[str, object]", value)
