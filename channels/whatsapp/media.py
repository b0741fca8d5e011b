"""Files that customers send, fetched from the provider.

The address comes from outside, so it is fetched with care: only from Twilio's hosts, with the
account's token only there and never after a redirect elsewhere, never from a private network,
and of limited size. Connections are made directly, not through a proxy of the environment,
which would resolve the name a second time.
"""

import json
import time
from urllib.parse import urljoin, urlsplit

import urllib3
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from channels.types import TransportError
from channels.whatsapp.addresses import (
    ForbiddenAddress,
    Origin,
    Resolver,
    origin_of,
    public_address,
    resolve_host,
)
from channels.whatsapp.filetypes import detect
from channels.whatsapp.status import MEDIA_FAILED, explain_error
from channels.whatsapp.types import MediaRef
from crm.types import IncomingFile

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 45.0
MAX_REDIRECTS = 3
_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class MediaUnavailable(TransportError):
    """The file will not come. The text is the reason, shown to people beside the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)


def fetch_media(
    ref: MediaRef, *, resolve: Resolver = resolve_host, ca_file: str = ""
) -> IncomingFile:
    """The file, of at most ATTACHMENT_MAX_BYTES, with the type that its first bytes show.

    `ca_file` names other certificate authorities than the ones that requests brings along.

    Raises MediaUnavailable for good, and a transient TransportError where a later try may do.
    """
    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        content = _fetch(ref.url, resolve, deadline, ca_file or DEFAULT_CA_BUNDLE_PATH)
    except ForbiddenAddress as error:
        raise MediaUnavailable(str(error)) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise TransportError(_("The file could not be fetched."), permanent=False) from error
    content_type, extension = detect(content)
    return IncomingFile(f"{file_stem(ref)}{extension}", content_type, content)


def file_stem(ref: MediaRef) -> str:
    """The name that the file gets, but for its extension; the same each time it is fetched."""
    return f"whatsapp-{urlsplit(ref.url).path.rpartition('/')[2][:40] or 'file'}"


def _fetch(url: str, resolve: Resolver, deadline: float, ca_file: str) -> bytes:
    first = origin_of(url)
    if not first.is_twilio():
        raise ForbiddenAddress(_("The file's address is none of Twilio's."))
    trusted = first.takes_credentials()
    for _hop in range(MAX_REDIRECTS + 1):
        origin = origin_of(url)
        # Once elsewhere, the token stays at home, even if a later address leads back.
        trusted = trusted and origin == first
        with _pool(origin, public_address(origin, resolve), ca_file) as pool:
            response = pool.urlopen(
                "GET",
                _target(url),
                headers=_headers(url, with_token=trusted),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                if response.status not in _REDIRECTS:
                    return _content(response, deadline)
                url = urljoin(url, response.headers.get("Location", ""))
            finally:
                response.close()
    raise MediaUnavailable(_("The file's address redirects without end."))


def _pool(origin: Origin, address: str, ca_file: str) -> urllib3.HTTPConnectionPool:
    """Connects to the address that was checked, under the name that was asked for."""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    if origin.scheme == "http":
        return urllib3.HTTPConnectionPool(address, origin.port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        address,
        origin.port,
        timeout=timeout,
        server_hostname=origin.host,
        assert_hostname=origin.host,
        ca_certs=ca_file,
    )


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _headers(url: str, *, with_token: bool) -> dict[str, str]:
    headers = {"Host": urlsplit(url).netloc, "Accept-Encoding": "identity"}
    if with_token:
        login = f"{settings.TWILIO_ACCOUNT_SID}:{settings.TWILIO_AUTH_TOKEN}"
        headers |= urllib3.make_headers(basic_auth=login)
    return headers


def _content(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The body, or the error that the status means."""
    limit = settings.ATTACHMENT_MAX_BYTES if response.status == 200 else _CHUNK
    content = bytearray()
    while chunk := response.read1(_CHUNK):
        content += chunk
        if len(content) > limit:
            raise MediaUnavailable(
                _("The file is larger than %(limit)s.") % {"limit": filesizeformat(limit)}
            )
        if time.monotonic() > deadline:
            raise TransportError(_("The file could not be fetched."), permanent=False)
    if response.status == 200:
        return bytes(content)
    code = _code(bytes(content))
    if code == MEDIA_FAILED:
        raise MediaUnavailable(explain_error(code).sentence)
    if response.status in {404, 410}:
        raise MediaUnavailable(_("Twilio does not have the file (any more)."))
    if response.status in {408, 425, 429} or response.status >= 500:
        raise TransportError(_("The file could not be fetched."), permanent=False)
    raise MediaUnavailable(
        _("Twilio refused the file with status %(status)s.") % {"status": response.status}
    )


def _code(content: bytes) -> int | None:
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    code = answer.get("code") if isinstance(answer, dict) else None
    return code if isinstance(code, int) else None
