from typing import TYPE_CHECKING, Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

    UnfoldAdminSite = AdminSite
else:
    from unfold.sites import UnfoldAdminSite


class Console(UnfoldAdminSite):
    """The staff console: the Django admin in the theme of unfold.

    Its pages, and no other, get the looser content security policy that the theme needs.
    """

    site_header = "Allhours"
    site_title = "Allhours"
    index_title = _("What needs a person")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return _console_policy(super().admin_view(view, cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and REDIRECT_FIELD_NAME not in request.GET:
            target = urlencode({REDIRECT_FIELD_NAME: reverse("admin:index")})
            return redirect(f"{request.path}?{target}")  # the theme's form keeps only the address
        response: HttpResponse = _console_policy(super().login)(request, extra_context)
        return response

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        # Imported late: the models it reads are not loaded yet when the site is made.
        from config.console.dashboard import build_dashboard

        return super().index(request, {**build_dashboard(request), **(extra_context or {})})


def _console_policy(view: Any) -> Any:
    return csp_replace(settings.CONSOLE_CONTENT_SECURITY_POLICY)(view)
