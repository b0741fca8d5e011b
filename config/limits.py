from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from config.errors import answer_error

Handler = Callable[[HttpRequest], HttpResponse]


class RequestSizeMiddleware:
    """Refuses a body that is larger than anything we take, before reading any of it.

    JSON is limited to DATA_UPLOAD_MAX_MEMORY_SIZE, a form with files to REQUEST_MAX_BYTES.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return answer_error(request, 400, _("The request could not be understood."))
        form = request.content_type == "multipart/form-data"
        limit = settings.REQUEST_MAX_BYTES if form else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if length > limit:
            return answer_error(
                request,
                413,
                _("The request is too large: at most %(limit)s MB are taken.")
                % {"limit": limit // 1024 // 1024},
            )
        return self.get_response(request)
