"""Who is let in to the API: staff with a session, or the holder of a token."""

import ipaddress
import secrets

from django.conf import settings
from django.http import HttpRequest
from ninja.utils import check_csrf

from crm.models import User

_SAFE = ("GET", "HEAD", "OPTIONS")


def staff_or_token(request: HttpRequest) -> object | None:
    """An authenticator for ninja: something truthy, or None, which is answered with 401."""
    if is_staff(request):
        return request.user
    return True if token_matches(request) else None


def editor(request: HttpRequest) -> object | None:
    """An authenticator of what changes something: a member of staff, whose role the endpoint
    looks at, from a page of ours, or True for the holder of API_TOKEN."""
    if bears(request, settings.API_TOKEN):
        return True
    if is_staff(request) and (request.method in _SAFE or check_csrf(request) is None):
        return request.user
    return None


def is_staff(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return isinstance(user, User) and user.is_active and user.is_staff


def token_matches(request: HttpRequest) -> bool:
    """Whether the request bears METRICS_TOKEN; never, while that is unset."""
    return bears(request, settings.METRICS_TOKEN)


def bears(request: HttpRequest, expected: str) -> bool:
    """Whether the request bears the token; never, if that is empty."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
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
