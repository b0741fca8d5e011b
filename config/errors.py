"""Errors towards the outside: one JSON shape under /api/, a plain page elsewhere.

The shape is `{"error": {"code", "message", "fields"?, "correlation_id"}}`.
"""

from collections.abc import Mapping

import structlog
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from config.correlation import get_correlation_id
from config.database_gate import gate

log = structlog.get_logger(__name__)

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "rate_limited",
    500: "server_error",
    503: "unavailable",
}

_TITLES = {
    400: gettext_lazy("That did not arrive properly"),
    403: gettext_lazy("Not for you"),
    404: gettext_lazy("Not found"),
    413: gettext_lazy("Too large"),
    500: gettext_lazy("Something went wrong"),
    503: gettext_lazy("We will be back in a moment"),
}
_RETRY_SECONDS = 10


def error_response(
    status: int, message: str, *, fields: Mapping[str, list[str]] | None = None
) -> JsonResponse:
    """An error of the API; `fields` gives sentences by field name."""
    error: dict[str, object] = {"code": _CODES.get(status, "error"), "message": message}
    if fields is not None:
        error["fields"] = dict(fields)
    error["correlation_id"] = get_correlation_id()
    return JsonResponse({"error": error}, status=status)


def register_error_handlers(api: NinjaAPI) -> None:
    """Makes every error that ninja meets answer in the one shape."""

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields: dict[str, list[str]] = {}
        for problem in error.errors:
            name = str(problem["loc"][-1])
            fields.setdefault(name, []).append(_sentence(problem))
        return error_response(422, _("Some fields need attention."), fields=fields)

    @api.exception_handler(AuthenticationError)
    def unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return error_response(401, _("Sign in, or send a valid token."))

    @api.exception_handler(HttpError)
    def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
        return error_response(error.status_code, str(error))

    @api.exception_handler(RequestDataTooBig)
    def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return error_response(413, _("The request is too large."))

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return error_response(404, _("There is nothing here, or the key does not open it."))

    @api.exception_handler(OperationalError)
    def away(request: HttpRequest, error: OperationalError) -> HttpResponse:
        return unavailable(request, error)

    @api.exception_handler(Exception)
    def failed(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("request_failed", path=request.path, exc_info=error)
        return error_response(500, _("Something went wrong on our side."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return answer_error(request, 413, _("The request is too large."))
    reason = _("The request could not be understood.")
    if isinstance(exception, SuspiciousOperation):
        log.warning("suspicious_request", kind=type(exception).__name__)
    return answer_error(request, 400, reason)


def permission_denied(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    return answer_error(request, 403, _("You may not open this."))


def page_not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    return answer_error(request, 404, _("There is nothing here, or the link is not complete."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`settings.CSRF_FAILURE_VIEW`: what was typed is still in the browser's form."""
    return answer_error(
        request,
        403,
        _("This page was open for too long. Go back, reload it, and send it again."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return answer_error(request, 500, _("Something went wrong on our side. Please try again."))


def unavailable(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """The database does not answer: nothing was taken in, and the caller may come again."""
    log.error("database_unavailable", path=request.path, exc_info=error)
    gate.note(error)
    return answer_away(request)


def answer_away(request: HttpRequest) -> HttpResponse:
    """503, and when to come again."""
    sentence = _("The desk cannot be reached just now. Please try again in a minute.")
    response = answer_error(request, 503, sentence)
    response["Retry-After"] = str(_RETRY_SECONDS)
    return response


def answer_error(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """An error in the shape that the caller reads: JSON under /api/, else a page."""
    if request.path.startswith("/api/"):
        return error_response(status, message)
    context = {
        "title": _TITLES.get(status, _TITLES[500]),
        "message": message,
        "correlation_id": get_correlation_id(),
    }
    return render(request, "config/error.html", context, status=status)


def _sentence(problem: Mapping[str, object]) -> str:
    if problem.get("type") == "missing":
        return _("This field is required.")
    text = str(problem.get("msg", ""))
    return text.removeprefix("Value error, ")[:1].upper() + text.removeprefix("Value error, ")[1:]
