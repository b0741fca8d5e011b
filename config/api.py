"""The root of the JSON API: its routers and the one format of its errors."""

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import Throttled

import agent.api
import channels.gmail.webhook
import channels.web.api
import channels.whatsapp.webhook
import knowledge.api
import tickets.api
from channels.gmail.push import CertsUnavailable
from config import probes
from config.auth import editor, staff_or_token
from config.errors import error_response, register_error_handlers


class DeskAPI(NinjaAPI):
    """A ninja API whose 405 has the one format too, which ninja answers on its own."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _in_one_format(pattern.callback)
        return patterns, app_name, namespace


def _in_one_format(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        refused = error_response(405, _("This address does not take that method."))
        refused["Allow"] = response["Allow"]
        return refused

    return answer


api = DeskAPI(
    title="Allhours",
    version="1",
    description="Submit questions, read tickets, receive webhooks, watch the desk.",
    docs_url="/docs",
    urls_namespace="api",
)
register_error_handlers(api)


@api.exception_handler(Throttled)
def too_many_requests(request: HttpRequest, error: Throttled) -> HttpResponse:
    response = error_response(429, _("Too many requests. Try again later."))
    response["Retry-After"] = str(error.wait or 1)
    return response


@api.exception_handler(CertsUnavailable)
def keys_out_of_reach(request: HttpRequest, error: CertsUnavailable) -> HttpResponse:
    response = error_response(503, _("Google's keys cannot be had now. Try again."))
    response["Retry-After"] = "30"
    return response


api.add_router("", probes.router)
api.add_router("", channels.web.api.router)
api.add_router("", channels.gmail.webhook.router)
api.add_router("", channels.whatsapp.webhook.router)
api.add_router("", tickets.api.router)
api.add_router("", agent.api.router, auth=staff_or_token)
api.add_router("/knowledge", knowledge.api.router, auth=editor)
