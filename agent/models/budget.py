from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class ModelBudget(models.Model):
    """How much the configured models may be used. Beyond it the offline model answers."""

    class Scope(models.TextChoices):
        CONVERSATION = "conversation", _("one conversation, in all")
        CUSTOMER = "customer", _("one customer, a day")
        DAY = "day", _("the whole desk, a day")

    scope = models.CharField(_("for"), max_length=12, choices=Scope.choices, unique=True)
    usd = models.DecimalField(
        _("USD"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_(
            "Empty is no bound. Calls of a model whose price is not known count by tokens only."
        ),
    )
    tokens = models.PositiveBigIntegerField(
        _("tokens"), null=True, blank=True, help_text=_("In and out together. Empty is no bound.")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("model budget")
        verbose_name_plural = _("model budgets")
        ordering = ["scope"]

    def __str__(self) -> str:
        return self.get_scope_display()


class DaySpend(models.Model):
    """What the configured models took on a day of the desk's, added up with each call: a budget is
    looked at before every one of them, and a day may bring millions."""

    day = models.DateField(unique=True)
    usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    unpriced = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.day)
