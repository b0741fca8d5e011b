import re
from typing import Any

from django import forms
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from unfold.forms import ActionForm

from crm.models import Message
from tickets.models import Ticket

REPLY_MAX_LENGTH = 20_000

_BLANK = re.compile(r"\[(?:NAME|[A-Z]+_[0-9]+)\]")


def newest_message() -> int:
    return Message.objects.aggregate(newest=Max("pk"))["newest"] or 0


class InboxActionForm(ActionForm):  # type: ignore[misc]  # the theme is not typed
    """`seen` is the newest message of all when the list was shown."""

    seen = forms.IntegerField(
        label="", required=False, initial=newest_message, widget=forms.HiddenInput
    )


class ReplyForm(forms.Form):
    """A reply or a note; `seen` is the newest message that its author had on the page, `used` the
    offer that it was written from, in which private data may have left blanks."""

    class Then:
        SEND = "send"
        RESOLVE = "resolve"
        NOTE = "note"

    text = forms.CharField(
        label=_("Your reply"),
        max_length=REPLY_MAX_LENGTH,
        error_messages={"required": _("Write something first.")},
        widget=forms.Textarea(
            attrs={
                "rows": 6,
                "class": "ah-reply__text",
                "placeholder": _("Write to the customer, or a note that only staff see."),
            }
        ),
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    used = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    then = forms.ChoiceField(
        choices=[(Then.SEND, ""), (Then.RESOLVE, ""), (Then.NOTE, "")], required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        blank = _BLANK.search(cleaned.get("text", "")) if cleaned.get("used") else None
        if blank:
            why = _("%(blank)s stands for private data that was left out: write it yourself.")
            self.add_error("text", why % {"blank": blank[0]})
        return cleaned


class SortForm(forms.Form):
    """Priority and category, for `tickets.triage.sort_ticket`."""

    priority = forms.ChoiceField(
        label=_("Priority"),
        choices=Ticket.Priority.choices,
        widget=forms.Select(attrs={"class": "ah-select"}),
    )
    category = forms.ChoiceField(
        label=_("Category"),
        choices=Ticket.Category.choices,
        widget=forms.Select(attrs={"class": "ah-select"}),
    )
