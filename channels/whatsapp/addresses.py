"""Which hosts files may be fetched from, and that none of them is inside our own network."""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

# Resolves a host name and port to addresses; OSError where there are none.
Resolver = Callable[[str, int], list[str]]

_TWILIO = (".twilio.com", ".twiliocdn.com")
_CREDENTIALS_FOR = (".twilio.com",)
# They hold an IPv4 address that a translator would reach: NAT64, 6to4, Teredo.
_TRANSLATED = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


class ForbiddenAddress(ValueError):
    """Not fetched from. The text says why, for staff, and names no path."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request goes; two are the same place only if all three are."""

    scheme: str
    host: str
    port: int

    def is_configured(self) -> bool:
        """Whether this is the host that TWILIO_API_BASE names instead of Twilio's own, which
        the operator vouches for."""
        configured = urlsplit(settings.TWILIO_API_BASE or "").hostname or ""
        return self.host == configured and not f".{configured}".endswith(_TWILIO)

    def is_twilio(self) -> bool:
        return self.is_configured() or f".{self.host}".endswith(_TWILIO)

    def takes_credentials(self) -> bool:
        """Whether the account's token may be sent there: never unencrypted on the way out."""
        if self.is_configured():
            return True
        return self.scheme == "https" and f".{self.host}".endswith(_CREDENTIALS_FOR)


def origin_of(url: str) -> Origin:
    """Raises ForbiddenAddress unless it is http or https, with a host and without a log-in."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ForbiddenAddress(_("The file's address is malformed.")) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ForbiddenAddress(_("The file's address is not a web address."))
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddress(_("The file's address contains a log-in."))
    default = 443 if parts.scheme == "https" else 80
    return Origin(parts.scheme, parts.hostname.rstrip("."), port or default)


def public_address(origin: Origin, resolve: Resolver) -> str:
    """An address of the host to connect to. Raises ForbiddenAddress if any of its addresses is
    not public, OSError if it has none. The caller connects to what is returned and does not
    resolve again, so that the answer cannot change in between."""
    found = resolve(origin.host, origin.port)
    if not found:
        raise OSError("no address")
    if not origin.is_configured() and not all(is_public(address) for address in found):
        raise ForbiddenAddress(_("The file's address leads into a private network."))
    return found[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if any(parsed in network for network in _TRANSLATED):
            return False
    return parsed.is_global and not parsed.is_multicast


def resolve_host(host: str, port: int) -> list[str]:
    """The system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]
