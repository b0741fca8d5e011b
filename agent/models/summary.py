from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation


class ConversationSummary(models.Model):
    """What the older part of a long conversation said, for models that are not told all of it."""

    conversation = models.OneToOneField(
        Conversation, models.CASCADE, related_name="summary", verbose_name=_("conversation")
    )
    text = models.TextField(_("text"))
    covers_until = models.DateTimeField(
        _("covers until"), help_text=_("When the newest message in it was written.")
    )
    model = models.CharField(_("model"), max_length=120)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("conversation summary")
        verbose_name_plural = _("conversation summaries")

    def __str__(self) -> str:
        return self.text[:80]
