"""Import of files that staff upload, one by one or in a .zip."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from knowledge.documents import ACCEPTED, BrokenDocumentError
from knowledge.files import SourceFile, uploaded_files
from knowledge.models import Article, KnowledgeSource
from knowledge.sources import take_uploads

_OPTIONS = ("language", "audience", "product", "new_articles")


def upload_articles(request: HttpRequest) -> HttpResponse:
    """The form; after a submission the source's page, which shows how its reading goes on."""
    if not may_upload(request):
        raise PermissionDenied
    named = {"collection": request.GET["collection"]} if "collection" in request.GET else None
    form = UploadForm(request.POST or None, request.FILES or None, initial=named)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            source = take_uploads(
                values["documents"],
                name=values["collection"],
                complete=values["complete"],
                options={name: values[name] for name in _OPTIONS},
                user_id=request.user.pk,
            )
        except BrokenDocumentError as error:
            form.add_error("collection", str(error))
        else:
            return redirect("admin:knowledge_knowledgesource_change", source.pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Import files"),
        "opts": Article._meta,
        "form": form,
    }
    return render(request, "knowledge/admin/upload.html", context)


def may_upload(request: HttpRequest) -> bool:
    return request.user.has_perms(["knowledge.add_article", "knowledge.change_article"])


class _SeveralFilesInput(UnfoldAdminFileFieldWidget):  # type: ignore[misc]  # unfold has no types
    allow_multiple_selected = True


class _DocumentsField(forms.FileField):
    """Cleans to the documents among the uploads and in their archives."""

    def clean(self, data: Any, initial: Any = None) -> list[SourceFile]:
        uploads: list[UploadedFile[Any]] = data if isinstance(data, list) else [data]
        cleaned = [super(_DocumentsField, self).clean(upload, initial) for upload in uploads]
        try:
            files = uploaded_files(cleaned)
        except BrokenDocumentError as error:
            raise ValidationError(str(error)) from None
        if not files:
            raise ValidationError(
                _(
                    "There is no document in this upload. Known are Markdown, HTML, PDF, DOCX, "
                    "CSV, JSON and text."
                )
            )
        return files


class UploadForm(forms.Form):
    documents = _DocumentsField(
        label=_("Files"),
        help_text=_(
            "Markdown, HTML, PDF, DOCX, text, CSV or JSON with questions and answers, or a folder "
            "of them packed as .zip."
        ),
        widget=_SeveralFilesInput(attrs={"accept": f"{ACCEPTED},.zip"}),
    )
    collection = forms.CharField(
        label=_("Collection"),
        initial="uploads",
        max_length=100,
        help_text=_("Files are told apart by their path in a collection."),
        validators=[RegexValidator(r"^[\w.-]+$", _("Use letters, digits, dots and dashes."))],
        widget=UnfoldAdminTextInputWidget,
    )
    audience = forms.ChoiceField(
        label=_("Audience"),
        choices=Article.Audience.choices,
        help_text=_("Of files that do not name theirs; internal ones are never quoted."),
        widget=UnfoldAdminSelectWidget,
    )
    language = forms.CharField(
        label=_("Language"),
        initial="en",
        max_length=12,
        help_text=_("Of files that do not name theirs, for example en or pt-BR."),
        validators=[RegexValidator(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")],
        widget=UnfoldAdminTextInputWidget,
    )
    product = forms.CharField(
        label=_("Product"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )
    new_articles = forms.ChoiceField(
        label=_("New articles are"),
        choices=KnowledgeSource.NEW_ARTICLES,
        widget=UnfoldAdminSelectWidget,
    )
    complete = forms.BooleanField(
        label=_("This is the whole collection"),
        required=False,
        help_text=_("Articles of the collection that are not in the upload are archived."),
        widget=UnfoldBooleanSwitchWidget,
    )
