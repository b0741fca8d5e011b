from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from crm.models import Conversation


class Rung(models.Model):
    """Where the agent stands on the ladder of autonomy for one intent on one channel.

    `changed_at` is when it came to this level: only what was measured since then moves it on.
    """

    class Level(models.TextChoices):
        SHADOW = "shadow", _("watches")
        DRAFT = "draft", _("drafts")
        AUTOMATIC = "automatic", _("answers")

    channel = models.CharField(_("channel"), max_length=16, choices=Conversation.Channel.choices)
    intent = models.CharField(
        _("intent"), max_length=60, blank=True, help_text=_("Empty: out of scope, or unknown.")
    )
    level = models.CharField(_("level"), max_length=9, choices=Level.choices)
    is_fixed = models.BooleanField(
        _("fixed by staff"),
        default=False,
        help_text=_("It counts whatever AUTONOMY says, except for “draft”, and nothing moves it."),
    )
    threshold = models.FloatField(
        _("sure enough from"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.5), MaxValueValidator(1.0)],
        help_text=_("From 0.5 to 1; below it an answer is drafted. Empty: by the intent's risk."),
    )
    why = models.TextField(_("why"), blank=True)
    changed_at = models.DateTimeField(_("since"))
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("rung")
        verbose_name_plural = _("autonomy")
        ordering = ["intent", "channel"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "intent"], name="autonomy_rung_once")
        ]

    def __str__(self) -> str:
        intent = self.intent or _("other")
        return f"{intent} · {self.get_channel_display()}"

    @property
    def effective_level(self) -> str:
        """What the agent does here, which the setting may decide over the ladder."""
        if settings.AUTONOMY == "draft":
            return self.Level.DRAFT
        climbs = settings.AUTONOMY == "earned" or self.is_fixed
        return self.level if climbs else self.Level.AUTOMATIC
