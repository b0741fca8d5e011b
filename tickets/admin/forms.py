from django import forms
from django.utils.translation import gettext_lazy as _

from tickets.models import Ticket

REPLY_MAX_LENGTH = 20_000


class ReplyForm(forms.Form):
    """A reply or a note; `seen` is the newest message that its author had on the page."""

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
    then = forms.ChoiceField(
        choices=[(Then.SEND, ""), (Then.RESOLVE, ""), (Then.NOTE, "")], required=False
    )


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
