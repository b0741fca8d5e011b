"""Which client a request comes from, as limits count it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_key(request: HttpRequest) -> str:
    """The client's IPv4 address, or the /64 network of its IPv6 address.

    Every proxy appends the address that it sees to X-Forwarded-For, so the last TRUSTED_PROXIES
    entries are true; what stands before them is the client's own claim.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        trusted = hops[-settings.TRUSTED_PROXIES :]
        address = trusted[0].strip() or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
