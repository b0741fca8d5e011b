from django.db import models
from django.utils.translation import gettext_lazy as _


class Breaker(models.Model):
    """Keeps calls from an outside service while it is down; shared by all workers.

    After a number of failures in a row it is open until `open_until`; then one caller tries, and
    closes it if that succeeds.
    """

    service = models.CharField(_("service"), max_length=160, unique=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("held back until"), null=True, blank=True)

    class Meta:
        verbose_name = _("circuit breaker")
        verbose_name_plural = _("circuit breakers")

    def __str__(self) -> str:
        return self.service
