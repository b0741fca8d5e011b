"""Answers that staff keep to use again."""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# As people write one who know them from elsewhere, such as {{ name }} or {first name}.
_MEANT = re.compile(r"\{{1,3}[ \t]{0,3}\w[\w .-]{0,40}?[ \t]{0,3}\}{1,3}")


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
        known = [f"{{{name}}}" for name in self.PLACEHOLDERS]
        unknown = {found[0] for found in _MEANT.finditer(self.text)} - set(known)
        if unknown:
            why = _t("%(name)s stands for nothing. Known are: %(known)s.")
            values = {"name": min(unknown), "known": ", ".join(known)}
            raise ValidationError({"text": why % values})

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with the values of its placeholders in it."""
        return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), self.text)
