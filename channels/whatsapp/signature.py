"""Twilio's webhook signature.

HMAC-SHA1 with the account's token over the full public address, followed by every parameter's
name and value in the order of names, in base64 (Twilio, "Webhooks security"). The address is
made from PUBLIC_URL, since behind a proxy the request's own scheme and host differ.
"""

import base64
import hashlib
import hmac
from urllib.parse import ParseResult, urlparse

from django.conf import settings

from channels.whatsapp.forms import parse_form
from channels.whatsapp.types import Parameters


def verify(url_path_with_query: str, raw_body: bytes, signature_header: str | None) -> bool:
    """Whether Twilio signed this request with our token.

    `url_path_with_query` begins with "/" and is as it came, a trailing slash included. Takes
    the address with and without its port, as Twilio's own validator does. False, never an
    exception, for a missing signature, a missing token or a body that is not a form.
    """
    token = settings.TWILIO_AUTH_TOKEN
    if not signature_header or not token:
        return False
    try:
        parameters = parse_form(raw_body)
        address = urlparse(settings.PUBLIC_URL.rstrip("/") + url_path_with_query)
        candidates = {_without_port(address), _with_port(address)}
        expected = [sign(candidate, parameters, token) for candidate in candidates]
    except ValueError:
        return False
    given = signature_header.encode("utf-8", "surrogateescape")
    # Every candidate is compared, so that the time tells nothing of which one matched.
    return any([hmac.compare_digest(each.encode(), given) for each in expected])  # noqa: C419


def sign(address: str, parameters: Parameters, token: str) -> str:
    """The signature's text. A repeated parameter counts once for each different value."""
    signed = address + "".join(name + value for name, value in sorted(set(parameters)))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode("ascii")


def _without_port(address: ParseResult) -> str:
    if address.port is None:
        return address.geturl()
    return address._replace(netloc=address.netloc.rpartition(":")[0]).geturl()


def _with_port(address: ParseResult) -> str:
    if address.port is not None:
        return address.geturl()
    port = 443 if address.scheme == "https" else 80
    return address._replace(netloc=f"{address.netloc}:{port}").geturl()
