"""Twilio's webhook signature.

HMAC-SHA1 with the account's token over the full public address, followed by every parameter's
name and value in the order of names, in base64 (Twilio, "Webhooks security"). The address is
made from PUBLIC_URL, since behind a proxy the request's own scheme and host differ.
"""

import base64
import functools
import hmac
from urllib.parse import urlparse

from django.conf import settings

from channels.whatsapp.forms import parse_form
from channels.whatsapp.types import Parameters


def read_signed(
    url_path_with_query: str, raw_body: bytes, signature_header: str | None
) -> Parameters | None:
    """The form's parameters if Twilio signed this request with our token, else None.

    `url_path_with_query` begins with "/" and is as it came, a trailing slash included. Takes
    the address with and without its port, as Twilio's own validator does. None, never an
    exception, for a missing signature, a missing token or a body that is not a form.
    """
    token = settings.TWILIO_AUTH_TOKEN
    if not signature_header or not token:
        return None
    try:
        parameters = parse_form(raw_body)
        path, _mark, query = url_path_with_query.partition("?")
        rest = f"{path}?{query}" if query else path
        public = _addresses(settings.PUBLIC_URL.rstrip("/"))
        signed = _signed_text(parameters)
        expected = [_digest(f"{each}{rest}{signed}", token) for each in public]
    except ValueError:
        return None
    given = signature_header.encode("utf-8", "surrogateescape")
    # Every candidate is compared, so that the time tells nothing of which one matched.
    matches = [hmac.compare_digest(each.encode(), given) for each in expected]
    return parameters if any(matches) else None


def sign(address: str, parameters: Parameters, token: str) -> str:
    """The signature's text. A repeated parameter counts once for each different value."""
    return _digest(address + _signed_text(parameters), token)


def _signed_text(parameters: Parameters) -> str:
    return "".join([name + value for name, value in sorted(set(parameters))])


def _digest(text: str, token: str) -> str:
    digest = hmac.digest(token.encode(), text.encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


@functools.cache
def _addresses(public_url: str) -> tuple[str, str]:
    """Scheme and host, and path if there is one, without the port and with it."""
    address = urlparse(public_url)
    host = address.netloc if address.port is None else address.netloc.rpartition(":")[0]
    port = address.port or (443 if address.scheme == "https" else 80)
    return (
        address._replace(netloc=host).geturl(),
        address._replace(netloc=f"{host}:{port}").geturl(),
    )
