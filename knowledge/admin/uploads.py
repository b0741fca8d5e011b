"""Import of Markdown files that staff upload, one by one or in a .zip."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from knowledge.documents import BrokenDocumentError
from knowledge.ingestion import import_files
from knowledge.models import Article
from knowledge.sources import SourceFile, uploaded_files
from knowledge.types import ImportReport


def upload_articles(request: HttpRequest) -> HttpResponse:
    """The form; after a submission the report. A job indexes what was added or changed."""
    if not may_upload(request):
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None)
    report: ImportReport | None = None
    if request.method == "POST" and form.is_valid():
        report = import_files(
            form.cleaned_data["documents"],
            collection=form.cleaned_data["collection"],
            complete=form.cleaned_data["complete"],
            embed_here=False,
        )
    context = {
        **admin.site.each_context(request),
        "title": _("Import Markdown files"),
        "opts": Article._meta,
        "form": form,
        "report": report,
        "collection": form.cleaned_data["collection"] if report else "",
    }
    return render(request, "knowledge/admin/upload.html", context)


def may_upload(request: HttpRequest) -> bool:
    return request.user.has_perms(["knowledge.add_article", "knowledge.change_article"])


class _SeveralFilesInput(UnfoldAdminFileFieldWidget):  # type: ignore[misc]  # unfold has no types
    allow_multiple_selected = True


class _DocumentsField(forms.FileField):
    """Cleans to the Markdown files among the uploads and in their archives."""

    def clean(self, data: Any, initial: Any = None) -> list[SourceFile]:
        uploads: list[UploadedFile[Any]] = data if isinstance(data, list) else [data]
        cleaned = [super(_DocumentsField, self).clean(upload, initial) for upload in uploads]
        try:
            files = uploaded_files(cleaned)
        except BrokenDocumentError as error:
            raise ValidationError(str(error)) from None
        if not files:
            raise ValidationError(_("There is no .md file in this upload."))
        return files


class UploadForm(forms.Form):
    documents = _DocumentsField(
        label=_("Files"),
        help_text=_("Markdown files (.md), or a folder of them packed as .zip."),
        widget=_SeveralFilesInput(attrs={"accept": ".md,.markdown,.zip"}),
    )
    collection = forms.CharField(
        label=_("Collection"),
        initial="uploads",
        max_length=100,
        help_text=_("Files are told apart by their path in a collection."),
        validators=[RegexValidator(r"^[\w.-]+$", _("Use letters, digits, dots and dashes."))],
        widget=UnfoldAdminTextInputWidget,
    )
    complete = forms.BooleanField(
        label=_("This is the whole collection"),
        required=False,
        help_text=_("Articles of the collection that are not in the upload are archived."),
        widget=UnfoldBooleanSwitchWidget,
    )
