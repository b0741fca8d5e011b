from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.correlation import bind_correlation_id

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
