"""What a played customer may send."""

import re
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from config.playground.customers import File
from config.playground.mails import Kind

_MAX_FILE_BYTES = 5 * 1024 * 1024
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")


class _Letter(forms.Form):
    """A name, a text, at most one file. Errors are sentences for who plays."""

    name = forms.CharField(label=_("Name"), max_length=100)
    text = forms.CharField(label=_("Message"), max_length=20_000, required=False, strip=True)
    file = forms.FileField(label=_("File"), required=False, max_length=150)

    def clean_name(self) -> str:
        return _one_line(self.cleaned_data["name"])

    def clean_file(self) -> "UploadedFile[bytes] | None":
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > _MAX_FILE_BYTES:
            raise forms.ValidationError(_("Files of up to 5 MB, please."))
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("text") and not cleaned.get("file") and not self.errors:
            self.add_error("text", _("Write something, or attach a file."))
        return cleaned

    def files_to_send(self) -> tuple[File, ...]:
        """The file, if there is one, of a type that can stand in a header."""
        file = self.cleaned_data["file"]
        if file is None:
            return ()
        kind = file.content_type or ""
        if not _TYPE.fullmatch(kind) or kind.startswith(("multipart/", "message/")):
            kind = "application/octet-stream"
        return (File(_one_line(file.name or "file"), kind, file.read()),)


class MailForm(_Letter):
    """A mail; `thread` is the one it replies in, `kind` what writes it."""

    address = forms.EmailField(label=_("E-mail address"), max_length=200)
    subject = forms.CharField(label=_("Subject"), max_length=300)
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in Kind], required=False)
    thread = forms.CharField(max_length=40, required=False)

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if not address.isascii():
            raise forms.ValidationError(_("Letters of ASCII only, please."))
        return address

    def clean_subject(self) -> str:
        return _one_line(self.cleaned_data["subject"])

    def clean_kind(self) -> Kind:
        return Kind(self.cleaned_data["kind"] or Kind.PERSON)


class ChatForm(_Letter):
    """A WhatsApp message."""

    number = forms.CharField(label=_("Phone number"), max_length=30)

    def clean_number(self) -> str:
        number = read_number(self.cleaned_data["number"])
        if not number:
            raise forms.ValidationError(_("With its country code, for example +49 1511 2345678."))
        return number


def read_number(written: str) -> str:
    """The number as E.164, "" if it is none."""
    plain = re.sub(r"[\s()./-]", "", written)
    return plain if _NUMBER.fullmatch(plain) else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
