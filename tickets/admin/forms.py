from django import forms
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from unfold.forms import ActionForm

from crm.models import Message
from tickets.models import Ticket

REPLY_MAX_LENGTH = 20_000


def newest_message() -> int:
    return Message.objects.aggregate(newest=Max("pk"))["newest"] or 0


class InboxActionForm(ActionForm):  # type: ignore[misc]  # the theme is not typed
    """`seen` is the newest message of all when the list was shown."""

    seen = forms.IntegerField(
        label="", required=False, initial=newest_message, widget=forms.HiddenInput
    )


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
