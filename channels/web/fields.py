"""The fields of the web forms that are not plain text."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from crm.types import IncomingFile
from tickets.attachments import check_file, too_many_files


class TokenField(forms.UUIDField):
    """A hidden UUID; what is not one counts as none, since people cannot correct it."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except ValidationError:
            return None


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Files within the limits of `tickets.attachments`; cleans to a tuple of IncomingFile."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> tuple[IncomingFile, ...]:
        uploads: list[UploadedFile[Any]] = [upload for upload in data or [] if upload]
        if len(uploads) > settings.ATTACHMENT_MAX_FILES:
            raise ValidationError(too_many_files())
        files: list[IncomingFile] = []
        problems: list[ValidationError] = []
        for upload in uploads:
            try:
                files.append(check_file(upload.name or "", upload.read(), size=upload.size or 0))
            except ValidationError as problem:
                problems.append(problem)
        if problems:
            raise ValidationError(problems)
        return tuple(files)
