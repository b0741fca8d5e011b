import functools
from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation

from config.correlation import bind_correlation_id
from config.database_gate import gate
from config.errors import answer_away, unavailable

Handler = Callable[[HttpRequest], HttpResponse]


class CorrelationIdMiddleware:
    """Takes `X-Request-ID` or makes an id, binds it for logs and jobs, and returns it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with bind_correlation_id(request.headers.get("X-Request-ID")) as correlation_id:
            response = self.get_response(request)
            response["X-Request-ID"] = correlation_id
            return response


class DatabaseGateMiddleware:
    """Tells callers at once to come again while the database is known to be away, for threads that
    wait for it would keep everybody else waiting: the API's, who all need it, at the door, and
    who opens a page when that page asks for a connection."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in _PROBES:
            return self.get_response(request)
        if not request.path_info.startswith("/api/"):
            with gate.guarding_connections():
                return self.get_response(request)
        if not gate.admit():
            return answer_away(request)
        response = self.get_response(request)
        if response.status_code < 500:
            gate.reopen()
        return response


_PROBES = {"/api/v1/health", "/ready"}


class WebhookMiddleware:
    """Takes webhooks straight to their views, past everything that is for browsers.

    A provider's signed request has no session, no user and no language, and its answer no page
    to protect; what the middleware below does for those costs more than keeping the message.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(_WEBHOOKS):
            return self.get_response(request)
        # This thread still has the language of the last page that it served.
        translation.activate(settings.LANGUAGE_CODE)
        match = _resolve(request.path_info)
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response["Content-Length"] = str(len(response.content))
        return response


_WEBHOOKS = "/api/v1/webhooks/"
# Paths that do not exist raise and are not kept.
_resolve = functools.lru_cache(maxsize=16)(resolve)


class DatabaseAwayMiddleware:
    """Answers 503 with Retry-After while the database does not answer, at once and to everyone.

    Only views: what fails in another middleware is what the session or the user is read for, and
    those are read lazily, within the view.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return unavailable(request, error) if isinstance(error, OperationalError) else None
