"""A JSON object from outside, refused before it is read where that is possible."""

import json
from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError

# Above what the longest valid question takes when every character is escaped.
MAX_BYTES = 256 * 1024


def read_texts(request: HttpRequest) -> dict[str, str]:
    """The texts of the object by name; null and fields of no text or number are left out.

    Raises HttpError with 415 unless the type is JSON, 413 above MAX_BYTES and 400 for what is
    not a JSON object; ValidationError (422) names fields that hold a list or an object.
    """
    if request.content_type != "application/json":
        raise HttpError(415, _("Send the question as application/json."))
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        raise HttpError(413, _("The request is too large."))
    try:
        payload = json.loads(request.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise HttpError(400, _("The body is not valid JSON.")) from None
    if not isinstance(payload, dict):
        raise HttpError(400, _("The body has to be a JSON object."))
    found = cast("dict[str, object]", payload)
    wrong = [
        name for name, value in found.items() if not isinstance(value, str) and value is not None
    ]
    if wrong:
        raise ValidationError(
            [
                {"type": "string_type", "loc": ("body", name), "msg": _("This has to be a text.")}
                for name in wrong
            ]
        )
    return {name: value for name, value in found.items() if isinstance(value, str)}
