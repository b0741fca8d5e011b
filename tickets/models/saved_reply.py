"""Answers that staff keep to use again."""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class SavedReply(models.Model):
    """An answer that staff keep to use again; `tickets.saved_replies` fills it in."""

    PLACEHOLDERS = ("name", "first_name", "ticket", "subject", "staff")

    title = models.CharField(_("title"), max_length=120, unique=True)
    text = models.TextField(
        _("text"),
        max_length=10_000,
        help_text=_("{name}, {first_name}, {ticket}, {subject} and {staff} are filled in."),
    )
    language = models.CharField(_("language"), max_length=12, blank=True)

    class Meta:
        verbose_name = _("saved reply")
        verbose_name_plural = _("saved replies")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """A word in braces that stands for nothing would be sent as it is."""
        unknown = set(_PLACEHOLDER.findall(self.text)) - set(self.PLACEHOLDERS)
        if unknown:
            known = ", ".join(f"{{{name}}}" for name in self.PLACEHOLDERS)
            why = _t("{%(name)s} stands for nothing. Known are: %(known)s.")
            raise ValidationError({"text": why % {"name": min(unknown), "known": known}})

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with the values of its placeholders in it."""
        return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), self.text)
