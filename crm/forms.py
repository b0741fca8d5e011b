from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.identity import normalise_email
from crm.mentions import find_code


class CodeForm(forms.Form):
    """The address that a code was mailed to, and the code."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "aria-describedby": "id_email_error"}
        ),
        error_messages={"required": _("Enter the e-mail address that got the code.")},
    )
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "aria-describedby": "id_code_helptext id_code_error",
            }
        ),
        help_text=_("The six digits of our mail."),
        error_messages={"required": _("Enter the code of our mail.")},
    )

    def clean_email(self) -> str:
        return normalise_email(self.cleaned_data["email"])

    def clean_code(self) -> str:
        code = find_code(self.cleaned_data["code"])
        if not code:
            raise ValidationError(_("A code has six digits."))
        return code
