"""What staff set: how soon people answer, who takes what, and what is said then."""

from datetime import datetime

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets import office_hours
from tickets.models.ticket import Ticket


class ResponseTarget(models.Model):
    """The service level: how soon who writes about a matter of a priority gets an answer, counted
    in office hours. What the agent answers meets it in seconds; it is for what people owe."""

    priority = models.CharField(
        _("priority"), max_length=10, choices=Ticket.Priority.choices, unique=True
    )
    minutes = models.PositiveIntegerField(_("office minutes to an answer"))

    class Meta:
        verbose_name = _("response target")
        verbose_name_plural = _("response targets")
        ordering = ["minutes"]

    def __str__(self) -> str:
        return f"{self.get_priority_display()}: {self.minutes} min"

    @classmethod
    def due_for(cls, priority: str, received_at: datetime) -> datetime | None:
        """When a message of this moment has to be answered; None if nothing is promised."""
        target = cls.objects.filter(priority=priority).first()
        return target.due(received_at) if target else None

    def due(self, received_at: datetime) -> datetime:
        return office_hours.add_office_minutes(received_at, self.minutes)


class HandoverRule(models.Model):
    """Which team takes a matter of a reason, and what the customer is told at once."""

    reason = models.CharField(
        _("reason"), max_length=16, choices=Ticket.Reason.choices, unique=True
    )
    route = models.CharField(_("team"), max_length=80)
    notice = models.TextField(_("the customer is told"))
    first_steps = models.CharField(
        _("first steps"),
        max_length=500,
        blank=True,
        validators=[RegexValidator(r"^(/|https://)\S+$", _("A path such as /help/… or https://…"))],
        help_text=_("A help page that the customer may follow at once, such as /help/…"),
    )
    language = models.CharField(_("language"), max_length=12, default="en")

    class Meta:
        verbose_name = _("hand-over rule")
        verbose_name_plural = _("hand-over rules")
        ordering = ["reason"]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.route}"
