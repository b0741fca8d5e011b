"""Who may read figures: staff with a session, or the holder of METRICS_TOKEN."""

import ipaddress
import secrets

from django.conf import settings
from django.http import HttpRequest

from crm.models import User


def staff_or_token(request: HttpRequest) -> object | None:
    """An authenticator for ninja: something truthy, or None, which is answered with 401."""
    if is_staff(request):
        return request.user
    return True if token_matches(request) else None


def is_staff(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return isinstance(user, User) and user.is_active and user.is_staff


def token_matches(request: HttpRequest) -> bool:
    """Whether the request bears METRICS_TOKEN; never, while that is unset."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected: str = settings.METRICS_TOKEN
    return (
        bool(expected)
        and scheme.lower() == "bearer"
        and secrets.compare_digest(token.encode(), expected.encode())
    )


def is_internal(request: HttpRequest) -> bool:
    """Whether the request came straight from a private address, through no proxy."""
    if "X-Forwarded-For" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_private
    except ValueError:
        return False
