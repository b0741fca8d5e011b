from django.db import models
from django.utils.translation import gettext_lazy as _


class Rescue(models.Model):
    """How often on a day the periodic jobs took up what a process had left behind, by kind."""

    class Kind(models.TextChoices):
        STALLED = "stalled", _("jobs of workers that fell silent")
        IDLE = "idle", _("jobs that their worker no longer ran")
        OVERDUE = "overdue", _("jobs past their deadline")
        GIVEN_UP = "given_up", _("jobs given up after many workers")
        LEASE = "lease", _("sends of workers that were gone")
        EVENT = "event", _("accepted messages without a job")
        ANSWER = "answer", _("questions that nobody was answering")

    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    count = models.PositiveIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("rescue")
        verbose_name_plural = _("rescues")
        constraints = [models.UniqueConstraint(fields=["day", "kind"], name="rescue_of_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.get_kind_display()}"
