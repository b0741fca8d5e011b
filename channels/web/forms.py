"""The one place that says what a valid submission is, for the page and for the API."""

import hashlib
import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.types import Submission
from channels.web.fields import FilesField, TokenField
from crm.identity import normalise_email, normalise_phone
from tickets.attachments import get_file_limits
from tickets.fields import CleanTextField
from tickets.models import Ticket
from tickets.pages import REPLY_MAX

NAME_MAX = 200
SUBJECT_MAX = 200
MESSAGE_MAX = 10_000
EMAIL_MAX = 254
PHONE_MAX = 40
# A field that people do not see; robots fill in whatever they find.
HONEYPOT = "fax_extension"

_TOO_LONG = _("Keep this within %(limit_value)d characters (it has %(show_value)d).")


class CheckedForm(forms.Form):
    """A form whose fields carry their rules and sentences, for the script that checks as one types.

    (`static/support/form.js`; without it the same sentences come after sending.)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            described = [f"id_{name}_helptext"] if field.help_text else []
            field.widget.attrs["aria-describedby"] = " ".join([*described, f"id_{name}_error"])
            for code in ("required", "invalid", "max_length"):
                if code in field.error_messages:
                    field.widget.attrs[f"data-message-{code}"] = str(field.error_messages[code])


class SupportForm(CheckedForm):
    """A question from the web. `token` makes one ticket of a form that is sent twice."""

    name = CleanTextField(
        label=_("Your name"),
        max_length=NAME_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Tell us your name."), "max_length": _TOO_LONG},
    )
    email = CleanTextField(
        label=_("E-mail address"),
        max_length=EMAIL_MAX,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Tell us the e-mail address that we may answer to."),
            "invalid": _("Enter an e-mail address such as name@example.com."),
            "max_length": _TOO_LONG,
        },
    )
    phone = CleanTextField(
        label=_("Phone"),
        required=False,
        max_length=PHONE_MAX,
        help_text=_("With country code, for example +49 30 901820."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"max_length": _TOO_LONG},
    )
    category = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[("", _("Please choose")), *Ticket.Category.choices],
        error_messages={
            "required": _("Choose what your question is about."),
            "invalid_choice": _("Choose one of the categories that are offered."),
        },
    )
    priority = forms.ChoiceField(
        label=_("How urgent is it?"),
        required=False,
        choices=Ticket.Priority.choices,
        initial=Ticket.Priority.NORMAL,
        error_messages={"invalid_choice": _("Choose one of the priorities that are offered.")},
    )
    subject = CleanTextField(
        label=_("Subject"),
        max_length=SUBJECT_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Give your question a subject."),
            "max_length": _TOO_LONG,
        },
    )
    message = CleanTextField(
        label=_("Your question"),
        single_line=False,
        max_length=MESSAGE_MAX,
        help_text=_("What did you do, what happened, and what did you expect?"),
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "required": _("Write your question."),
            "max_length": _TOO_LONG,
        },
    )
    attachments = FilesField(
        label=_("Files"),
        required=False,
    )
    token = TokenField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = get_file_limits()
        self.fields["attachments"].widget.attrs.update(
            {
                "accept": limits.accept,
                "aria-describedby": "id_attachments_helptext id_attachments_error",
                "data-max-files": limits.count,
                "data-max-bytes": limits.size,
                "data-message-count": limits.too_many,
                "data-message-size": limits.too_large,
            }
        )

    def clean_email(self) -> str:
        normalise_email(self.cleaned_data["email"])
        return str(self.cleaned_data["email"])

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"]
        return normalise_phone(phone) if phone else ""

    def clean_priority(self) -> str:
        return self.cleaned_data["priority"] or Ticket.Priority.NORMAL

    def submission(self, *, language: str) -> Submission:
        """What the valid form says."""
        data = self.cleaned_data
        values = {
            name: str(data[name])
            for name in ("name", "email", "phone", "subject", "message", "category", "priority")
        }
        return Submission(
            **values,
            language=language,
            files=data["attachments"],
            token=_token(data.get("token"), values, data["attachments"]),
        )


class ReplyForm(forms.Form):
    """A further message from the status page."""

    text = CleanTextField(
        single_line=False,
        max_length=REPLY_MAX,
        error_messages={"required": _("Write your reply."), "max_length": _TOO_LONG},
    )
    attachments = FilesField(required=False)
    token = TokenField(required=False)

    def reply_token(self, ticket: Ticket) -> str:
        data = self.cleaned_data
        values = {"ticket": ticket.reference, "text": data["text"]}
        return _token(data.get("token"), values, data["attachments"])


class LinkForm(CheckedForm):
    """Asks for the status link of a ticket to be mailed again."""

    reference = CleanTextField(
        label=_("Ticket number"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "TKT-0001"}),
        error_messages={"required": _("Enter the number of your ticket."), "max_length": _TOO_LONG},
    )
    email = CleanTextField(
        label=_("E-mail address"),
        max_length=EMAIL_MAX,
        help_text=_("The one that you wrote from."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Enter the e-mail address that you wrote from."),
            "invalid": _("Enter an e-mail address such as name@example.com."),
            "max_length": _TOO_LONG,
        },
    )

    def clean_email(self) -> str:
        return normalise_email(self.cleaned_data["email"])


def new_token() -> str:
    return str(uuid.uuid4())


def _token(given: uuid.UUID | None, values: dict[str, str], files: Any) -> str:
    """The same for the same form with the same content, and for nothing else.

    The content is part of it, so that who goes back and asks something else gets a new ticket,
    and so that a token that somebody guesses opens nothing of another's.
    """
    if given is None:
        return new_token()
    digest = hashlib.sha256()
    for part in sorted(values.items()):
        digest.update(repr(part).encode())
    for file in files:
        digest.update(hashlib.sha256(file.content).digest())
    return str(uuid.uuid5(given, digest.hexdigest()))
