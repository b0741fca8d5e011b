from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from config.correlation import bind_correlation_id
from config.errors import unavailable

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
