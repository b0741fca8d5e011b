"""Form fields that take what people and programs send, and keep it clean."""

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from crm.services import printable
from crm.types import IncomingFile
from tickets.attachments import check_file, too_many_files

_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}


class CleanTextField(forms.CharField):
    """Text without control characters, trimmed of whatever cannot be seen.

    Lengths are counted after that, with one character to a line break. Nothing limits them in
    the browser, which would cut off silently what is pasted.
    """

    def __init__(self, *, single_line: bool = True, **kwargs: Any) -> None:
        self.single_line = single_line
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = printable(super().to_python(value) or "")
        if self.single_line:
            text = " ".join(text.split())
        return _trimmed(text)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        limits = {"data-min": self.min_length, "data-max": self.max_length}
        return {name: str(value) for name, value in limits.items() if value is not None}


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
        uploads: list[UploadedFile] = [upload for upload in data or [] if upload]
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


def _trimmed(text: str) -> str:
    """The text without spaces and characters of no width at its ends."""
    start, end = 0, len(text)
    while start < end and _is_invisible(text[start]):
        start += 1
    while end > start and _is_invisible(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in _INVISIBLE
