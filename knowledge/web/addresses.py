"""Which web addresses may be fetched, and which network addresses may be connected to."""

import ipaddress
import socket
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

MAX_LENGTH = 400
_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses in these carry an IPv4 address that the network on the way may connect to.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class RefusedAddressError(Exception):
    """The address is not fetched; the message is the reason, as a sentence."""


def normalised(address: str) -> str:
    """The web address as it is stored: without what follows `#`, in one spelling.

    Raises RefusedAddressError for what is no http or https address, bears a password, is longer
    than 400 characters, or names a network address that is not public. Asks no name server.
    """
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        port = parts.port
    except (ValueError, UnicodeError):
        raise RefusedAddressError(_("It is no valid web address.")) from None
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https"):
        raise RefusedAddressError(_("Only addresses with http:// or https:// are fetched."))
    if not host:
        raise RefusedAddressError(_("It names no website."))
    if parts.username or parts.password:
        raise RefusedAddressError(_("Addresses with a name or password in them are not fetched."))
    literal = _literal(host)
    if literal is not None and not is_public(literal):
        raise RefusedAddressError(_("It leads into a private network."))
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        host = f"{host}:{port}"
    result = urlunsplit((scheme, host, parts.path or "/", parts.query, ""))
    # Whatever else is not ASCII or would end a line of the request is encoded by the client.
    if len(result) > MAX_LENGTH or any(ord(letter) <= 32 for letter in result):
        raise RefusedAddressError(_("It is too long, or has spaces in it."))
    return result


def site_of(address: str) -> str:
    """The scheme, host and port of a normalised address: what one robots.txt speaks for."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def resolve(host: str, port: int) -> list[str]:
    """The host's network addresses, every one of them public.

    Raises RefusedAddressError if one of them is not, or OSError if there is none. Who connects
    has to connect to one of these and not ask again: the second answer could be another one.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if not all(is_public(ipaddress.ip_address(address)) for address in addresses):
        raise RefusedAddressError(_("It leads into a private network."))
    return addresses


def is_public(address: _IPAddress) -> bool:
    """Whether anybody may reach it. KNOWLEDGE_FETCH_LOOPBACK adds this machine, nothing else."""
    if settings.KNOWLEDGE_FETCH_LOOPBACK and address.is_loopback:
        return True
    for inner in _carried(address):
        if not is_public(inner):
            return False
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False  # fec0::/10, given up by RFC 3879, and still private where it is used
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: _IPAddress) -> list[_IPAddress]:
    """The IPv4 addresses inside an IPv6 address."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    inner: list[_IPAddress | None] = [address.ipv4_mapped, address.sixtofour]
    inner += address.teredo or ()
    if any(address in network for network in _NAT64):
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in inner if one is not None]


def _literal(host: str) -> _IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
