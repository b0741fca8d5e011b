import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import Message


class Delivery(models.Model):
    """The way of one part of an outgoing message to its customer.

    Claimed by a conditional update with a lease; only the holder of the lease may record the
    outcome, so a worker that was paused or replaced cannot. `token` is our own name for it at
    the provider, which ties what the provider did to this row even if its answer was lost.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        HELD = "held", _("held back")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("outcome unknown")
        CANCELLED = "cancelled", _("cancelled")

    message = models.ForeignKey(
        Message, models.CASCADE, related_name="deliveries", verbose_name=_("message")
    )
    part = models.PositiveSmallIntegerField(_("part"), default=1)
    text = models.TextField(
        _("text"), blank=True, help_text=_("This part's text, if the message had to be split.")
    )
    token = models.UUIDField(_("token"), default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    lease = models.UUIDField(_("lease"), null=True, editable=False)
    lease_until = models.DateTimeField(_("leased until"), null=True, editable=False)
    intent_ref = models.CharField(
        _("prepared at the provider"),
        max_length=255,
        blank=True,
        help_text=_("A draft's id, where the provider sends in two steps."),
    )
    provider_id = models.CharField(_("provider's id"), max_length=255, blank=True, db_index=True)
    provider_status = models.CharField(_("provider's status"), max_length=16, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    noticed = models.BooleanField(_("customer told by e-mail"), default=False)
    notice_until = models.DateTimeField(_("a process tells them until"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("changed"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["message", "part"], name="delivery_part_once")
        ]
        indexes = [
            models.Index(
                fields=["changed_at"],
                condition=Q(state__in=["queued", "sending", "held", "unknown", "failed"]),
                name="delivery_unfinished",
            )
        ]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.part} · {self.get_state_display()}"


class DeliveryAttempt(models.Model):
    """One attempt to send, as the console shows it; only ever appended."""

    delivery = models.ForeignKey(
        Delivery, models.CASCADE, related_name="history", verbose_name=_("delivery")
    )
    number = models.PositiveIntegerField(_("attempt"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Delivery.State.choices)
    problem = models.TextField(_("problem"), blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.number}: {self.get_outcome_display()}"
