from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation


class RateCounter(models.Model):
    """Requests of one client in one window; the row's lock makes the count exact."""

    key = models.CharField(max_length=100)
    window = models.BigIntegerField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window"], name="rate_counter_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class Suppression(models.Model):
    """An address that nothing is sent to: it bounced for good, or its owner opted out."""

    channel = models.CharField(_("channel"), max_length=16, choices=Conversation.Channel.choices)
    address = models.CharField(_("address"), max_length=254)
    reason = models.TextField(_("reason"))
    created_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        constraints = [
            models.UniqueConstraint(fields=["channel", "address"], name="suppression_once")
        ]

    def __str__(self) -> str:
        return self.address
