"""How the public pages are guarded: the key opens a ticket, and nothing gives the key away.

The public pages set no cookie and act on no cookie: what a request may do depends on the key it
carries. Django's token, which guards the authority of a cookie, has nothing to guard there, and
would refuse people who accept no cookies. Forms that other sites send are refused by
`Sec-Fetch-Site`, which every current browser sets and no page can change.
"""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from tickets.models import Ticket
from tickets.services import get_ticket_by_key

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def public_page(view: View[Arguments]) -> View[Arguments]:
    """A page without cookies: it is never cached, and takes no form that another site sent."""

    @csrf_exempt
    @functools.wraps(view)
    def guarded(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        from_elsewhere = request.headers.get("Sec-Fetch-Site") == "cross-site"
        if request.method not in _SAFE_METHODS and from_elsewhere:
            raise PermissionDenied
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return guarded


def ticket_page(view: Callable[[HttpRequest, Ticket], HttpResponse]) -> View[[str]]:
    """A page of one ticket for who holds its key, as the `key` of the query.

    A wrong key and an unknown number raise the same Http404. The answer tells browsers to send
    no Referer, whose address would hold the key, and robots to keep away.
    """

    @public_page
    @functools.wraps(view)
    def opened(request: HttpRequest, reference: str) -> HttpResponse:
        ticket = get_ticket_by_key(reference, get_key(request))
        if ticket is None:
            raise Http404
        response = view(request, ticket)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return opened


def get_key(request: HttpRequest) -> str:
    """The key in the address, so that a request is refused before its body is read."""
    return request.GET.get("key", "")
