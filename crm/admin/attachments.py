"""Files of customers: always a download, unless the bytes themselves are an image's."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header

from crm.admin.base import ReadOnlyAdmin
from crm.images import image_type
from crm.models import Attachment

# A file opened on its own runs nothing and loads nothing.
_POLICY = "default-src 'none'; sandbox"


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin[Attachment]):
    """Has no pages of its own: files are reached from the messages that brought them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:attachment_id>/", wrap(download), name="crm_attachment_download"),
            path("<int:attachment_id>/image/", wrap(show_image), name="crm_attachment_image"),
            *super().get_urls(),
        ]


def download(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """The file as bytes to keep, whatever type it claims."""
    attachment = _get_attachment(request, attachment_id)
    return _file(attachment, "application/octet-stream", as_attachment=True)


def show_image(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """The file in the page, if its first bytes are an image's; else 404."""
    attachment = _get_attachment(request, attachment_id)
    kind = image_type(bytes(attachment.content[:16]))
    if not kind:
        raise Http404
    return _file(attachment, kind, as_attachment=False)


def _get_attachment(request: HttpRequest, attachment_id: int) -> Attachment:
    if not request.user.has_perm("crm.view_attachment"):
        raise PermissionDenied
    return get_object_or_404(Attachment, pk=attachment_id)


def _file(attachment: Attachment, content_type: str, *, as_attachment: bool) -> HttpResponse:
    response = HttpResponse(bytes(attachment.content), content_type=content_type)
    disposition = content_disposition_header(as_attachment, attachment.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _POLICY
    response["Cache-Control"] = "private, max-age=3600"
    return response
