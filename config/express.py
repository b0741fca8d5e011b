"""What the event loop answers itself, past threads, middleware and Django's handler.

A shortcut and never a second way: only what is plainly good is answered here. Whatever else
comes, Django's own view for the address meets it anew, to refuse, to log, or to say that the
database is away.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse

from config.correlation import bind_correlation_id
from config.database_gate import gate

log = structlog.get_logger(__name__)

# None, or whatever it raises, leaves the request to Django.
View = Callable[[HttpRequest], Awaitable[HttpResponse | None]]

# A longer body is read in a thread, so that nobody waits for it.
_MAX_BYTES = 64 * 1024


class Express:
    """Answers POST requests by `views`, which are async and must not block; by exact path."""

    def __init__(self, views: Mapping[str, View]) -> None:
        self._views = views

    async def __call__(self, environ: dict[str, Any]) -> HttpResponse | None:
        view = self._views.get(environ["PATH_INFO"])
        if view is None or environ["REQUEST_METHOD"] != "POST":
            return None
        if int(environ["CONTENT_LENGTH"]) > _MAX_BYTES or not gate.is_open:
            return None
        with bind_correlation_id(environ.get("HTTP_X_REQUEST_ID")) as correlation_id:
            try:
                response = await view(WSGIRequest(environ))
            except OperationalError as error:
                gate.note(error)
                return None
            except DatabaseError:
                return None
            except Exception as error:
                log.warning("express_failed", path=environ["PATH_INFO"], exc_info=error)
                return None
        if response is not None:
            response["X-Request-ID"] = correlation_id
            response["Content-Length"] = str(len(response.content))
        return response
