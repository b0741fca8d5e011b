"""The public pages on which the owner of an e-mail address confirms it.

They set no cookie and act on none: what a request may do depends on the link's token or on the
code, so there is no authority of a cookie for Django's token to guard. Forms that other sites
send are refused by `Sec-Fetch-Site`. A link is only opened by GET and never used by it: mail
scanners open links.
"""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.confirmation import WrongCode, conclude, confirm_code, decline, find_by_address
from crm.confirmation_mail import describe_claimant, read_token
from crm.forms import CodeForm

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def private_page(view: View[Arguments]) -> View[Arguments]:
    """Never cached, never indexed, no address of it passed on, no form from another site."""

    @csrf_exempt
    @functools.wraps(view)
    def guarded(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise PermissionDenied
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def confirm(request: HttpRequest) -> HttpResponse:
    """The form for a code; what was wrong with it is told in one way, whatever it was."""
    form = CodeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "crm/confirm.html", {"form": form}, status=status)
    now = timezone.now()
    try:
        confirm_code(
            confirmation=find_by_address(form.cleaned_data["email"], now=now),
            code=form.cleaned_data["code"],
            now=now,
        )
    except WrongCode as problem:
        form.add_error(None, str(problem))
        return render(request, "crm/confirm.html", {"form": form}, status=422)
    return _done(request, confirmed=True)


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def confirm_link(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked, and two buttons: it is mine, and it was not me."""
    now = timezone.now()
    confirmation = read_token(token, now=now)
    if confirmation is None:
        return render(request, "crm/confirm_gone.html", status=410)
    if request.method != "POST":
        context = {
            "address": confirmation.identifier.address,
            "claimant": describe_claimant(confirmation),
        }
        return render(request, "crm/confirm_link.html", context)
    if "decline" in request.POST:
        decline(confirmation, now=now)
        return _done(request, confirmed=False)
    try:
        conclude(confirmation, now=now)
    except WrongCode:
        return render(request, "crm/confirm_gone.html", status=410)
    return _done(request, confirmed=True)


def _done(request: HttpRequest, *, confirmed: bool) -> HttpResponse:
    return render(request, "crm/confirm_done.html", {"confirmed": confirmed})
