from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import probes
from config.api import api

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("", include("channels.urls")),
    path("", include("tickets.urls")),
    path("help/", include("knowledge.urls")),
    path("confirm/", include("channels.web.confirmation")),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("health", probes.liveness, name="liveness"),
    path("ready", probes.readiness, name="readiness"),
    path("metrics", probes.prometheus, name="prometheus"),
]
if settings.PLAYGROUND:
    urlpatterns.append(path("playground/", include("config.playground.urls")))
