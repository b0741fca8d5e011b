from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation, Message, User
from knowledge.models import Article


class Correction(models.Model):
    """What staff write to a customer who got an answer from a text that was corrected since.

    One for each change of an article and conversation, so that nobody is written to twice.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENT = "sent", _("handed to delivery")
        DISMISSED = "dismissed", _("none needed")
        FAILED = "failed", _("not possible")

    article = models.ForeignKey(
        Article, models.CASCADE, related_name="+", verbose_name=_("article")
    )
    change = models.BigIntegerField(
        _("change"), help_text=_("The id of the article's version that corrected it.")
    )
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="+", verbose_name=_("conversation")
    )
    answer = models.ForeignKey(
        Message, models.CASCADE, related_name="+", verbose_name=_("the old answer")
    )
    text = models.TextField(_("text"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    reply = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("reply")
    )
    staff = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(_("decided"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "change", "conversation"], name="correction_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.article} · {self.conversation}"
