"""The site's addresses with the confirmation pages."""

from django.urls import include, path

from config import urls as site

handler400, handler403, handler404, handler500 = (
    site.handler400,
    site.handler403,
    site.handler404,
    site.handler500,
)
urlpatterns = [*site.urlpatterns, path("confirm/", include("crm.urls"))]
