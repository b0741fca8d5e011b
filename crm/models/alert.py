from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StaffAlert(models.Model):
    """Something that staff or operators have to know; open until it clears.

    At most one alert is open for a `key`; raising it again counts it up.
    """

    class Level(models.TextChoices):
        WARNING = "warning", _("warning")
        CRITICAL = "critical", _("critical")

    key = models.CharField(_("key"), max_length=100)
    level = models.CharField(
        _("level"), max_length=10, choices=Level.choices, default=Level.WARNING
    )
    title = models.CharField(_("title"), max_length=200)
    detail = models.TextField(_("what to do"), blank=True)
    occurrences = models.PositiveIntegerField(_("times"), default=1)
    raised_at = models.DateTimeField(_("raised"), auto_now_add=True)
    last_seen_at = models.DateTimeField(_("last seen"), auto_now_add=True)
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(cleared_at__isnull=True), name="alert_open_once"
            )
        ]
        indexes = [models.Index(fields=["key", "-raised_at"], name="alert_newest_of_key")]

    def __str__(self) -> str:
        return self.title
