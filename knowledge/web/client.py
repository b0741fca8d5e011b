"""One web address fetched: checked, limited in size and time, and followed where it moved."""

import ssl
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urljoin

import httpcore
from django.conf import settings
from django.utils.translation import gettext as _

from knowledge.web.addresses import normalised
from knowledge.web.connections import CheckedBackend, Deadline

MAX_BYTES = 20 * 1024 * 1024
_SECONDS = 30
_SECONDS_TO_CONNECT = 10
_REDIRECTS = 5


class FetchError(Exception):
    """The page was not fetched; the message says why and what to do, as sentences. `status` is
    what the server answered, 0 if it did not; `wait` the seconds after which it asks to try again.
    """

    def __init__(self, message: str, *, status: int = 0, wait: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered. `address` is the last one after redirects."""

    address: str
    content: bytes
    media_type: str
    etag: str
    last_modified: str


class Client:
    """Fetches; connects only to the network addresses that it checked. Close it after use.

    An answer is given up after so many `seconds`, however slowly the server drips.
    """

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._deadline = Deadline(seconds)
        self._pool = httpcore.ConnectionPool(
            network_backend=CheckedBackend(self._deadline),
            max_connections=4,
            keepalive_expiry=30,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.close()

    def fetch(
        self,
        address: str,
        *,
        etag: str = "",
        last_modified: str = "",
        accept: str = "text/html,application/xhtml+xml,*/*;q=0.5",
        max_bytes: int = MAX_BYTES,
        before_each: Callable[[str], None] = lambda address: None,
    ) -> Page | None:
        """The page, or None if the server says that it has not changed since `etag` and
        `last_modified`. `before_each` is called with every address on the way and may raise.

        Raises FetchError, and RefusedAddressError for an address or a redirect that leads where
        nothing may be fetched.
        """
        headers = {
            "User-Agent": user_agent(),
            "Accept": accept,
            "Accept-Encoding": "gzip",
            **({"If-None-Match": etag} if etag else {}),
            **({"If-Modified-Since": last_modified} if last_modified else {}),
        }
        for _hop in range(_REDIRECTS + 1):
            address = normalised(address)
            before_each(address)
            self._deadline.begin()  # now, for the website may ask for a pause before
            with _Answer(self._pool, address, headers, self._deadline) as answer:
                if answer.status in (301, 302, 303, 307, 308) and answer.header("location"):
                    address = urljoin(address, answer.header("location"))
                    continue
                if answer.status == 304 and (etag or last_modified):
                    return None
                if answer.status != 200:
                    raise _refusal(answer)
                return Page(
                    address=address,
                    content=answer.read(max_bytes),
                    media_type=answer.header("content-type")[:100],
                    etag=answer.header("etag")[:500],
                    last_modified=answer.header("last-modified")[:100],
                )
        raise FetchError(_("It leads from one address to the next without an end."))


def user_agent() -> str:
    return f"Allhours (+{settings.PUBLIC_URL})"


class _Answer:
    """One request and its answer; everything that goes wrong in it is a FetchError."""

    def __init__(
        self,
        pool: httpcore.ConnectionPool,
        address: str,
        headers: dict[str, str],
        deadline: Deadline,
    ) -> None:
        self._address = address
        self._deadline = deadline
        timeout = _SECONDS_TO_CONNECT
        self._stream = pool.stream(
            "GET",
            # Spaces and letters that are not ASCII as servers expect them; what is encoded stays.
            quote(address, safe="%/:=&?~#+!$,;'@()*[]"),
            headers=list(headers.items()),
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)},
        )

    def __enter__(self) -> "_Answer":
        try:
            self._response = self._stream.__enter__()
        except _NETWORK as error:
            raise _failure(error) from None
        return self

    def __exit__(self, *error: Any) -> None:
        self._stream.__exit__(*error)

    @property
    def status(self) -> int:
        return self._response.status

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in self._response.headers
        }

    def header(self, name: str) -> str:
        return self._headers.get(name, "").replace("\0", "").strip()

    def read(self, max_bytes: int) -> bytes:
        """The body, unpacked, of at most that many bytes."""
        packed = self.header("content-encoding").lower() in ("gzip", "x-gzip")
        unpack = zlib.decompressobj(wbits=31)
        content = bytearray()
        try:
            for chunk in self._response.iter_stream():
                if self._deadline.is_over:
                    raise FetchError(
                        _("It was not complete after %(seconds)d seconds. It is tried again at "
                          "the next reading.") % {"seconds": self._deadline.seconds}
                    )  # fmt: skip
                room = max_bytes + 1 - len(content)
                content += unpack.decompress(chunk, room) if packed else chunk
                if len(content) > max_bytes:
                    raise FetchError(
                        _("It is larger than %(limit)d MB.") % {"limit": max_bytes // 1024**2}
                    )
        except zlib.error:
            raise FetchError(_("The server sent something damaged.")) from None
        except _NETWORK as error:
            raise _failure(error) from None
        return bytes(content)


_NETWORK = (
    httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError,
    httpcore.UnsupportedProtocol, httpcore.ProxyError, ssl.SSLError, OSError,
)  # fmt: skip


def _failure(error: Exception) -> FetchError:
    if isinstance(error, httpcore.TimeoutException):
        reason = _("The server did not answer in time. It is tried again at the next reading.")
    elif "certificate" in str(error).lower():
        reason = _("The server's certificate is not valid: tell who runs the website.")
    elif isinstance(error, httpcore.ConnectError):
        reason = _("The server cannot be reached: check the address.")
    else:
        reason = _("The connection broke. It is tried again at the next reading.")
    return FetchError(reason)


def _refusal(answer: _Answer) -> FetchError:
    status = answer.status
    if status in (404, 410):
        reason = _("There is no such page (%(status)d).")
    elif status in (401, 403):
        reason = _("The server does not let us read it (%(status)d): make the page public.")
    elif status in (429, 503):
        reason = _("The server asks for a pause (%(status)d). It is tried again later.")
    else:
        reason = _("The server answered with an error (%(status)d).")
    wait = answer.header("retry-after")
    return FetchError(
        reason % {"status": status}, status=status, wait=int(wait) if wait.isdigit() else None
    )
