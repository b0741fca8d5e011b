"""The pages on which an address is confirmed, with a limit on the answers of one client: it guards
against guessing over many addresses, as a code's own attempts guard each one.

Included as `crm`, whose pages they are; the limits on clients are here, with the web's others.
"""

import functools
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from channels.throttle import allow
from channels.web.clients import client_key
from crm import views

# Answers of one client in seconds.
LIMIT = (20, 3600)


def limited(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answers 429 to a POST beyond the limit and leaves its body unread."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        wait = allow(f"confirm:{client_key(request)}", LIMIT, now=timezone.now())
        if not wait:
            return view(request, *args, **kwargs)
        response = render(request, "crm/confirm_wait.html", {"minutes": -(-wait // 60)}, status=429)
        response["Retry-After"] = str(wait)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response

    # The page behind acts on no cookie (`crm.views`), and so does this.
    guarded.csrf_exempt = True  # type: ignore[attr-defined]
    return guarded


app_name = "crm"
urlpatterns = [
    path("", limited(views.confirm), name="confirm"),
    path("<str:token>/", limited(views.confirm_link), name="confirm-link"),
]
