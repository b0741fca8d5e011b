from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tickets.fields import CleanTextField
from tickets.models import Satisfaction

COMMENT_MAX = 2000


class RatingForm(forms.Form):
    """How the customer rates a resolved ticket: 1 to 5, and a comment if they like."""

    score = forms.TypedChoiceField(
        coerce=int,
        choices=[
            (1, _("Poor")),
            (2, _("Fair")),
            (3, _("Good")),
            (4, _("Very good")),
            (5, _("Great")),
        ],
        error_messages={
            "required": _("Choose from 1 (poor) to 5 (great)."),
            "invalid_choice": _("Choose from 1 (poor) to 5 (great)."),
        },
    )
    comment = CleanTextField(
        single_line=False,
        required=False,
        max_length=COMMENT_MAX,
        error_messages={
            "max_length": _("Keep this within %(limit_value)d characters (it has %(show_value)d).")
        },
    )

    def __init__(self, *args: Any, instance: Satisfaction | None = None, **kwargs: Any) -> None:
        if instance:
            kwargs.setdefault("initial", {"score": instance.score, "comment": instance.comment})
        super().__init__(*args, **kwargs)
