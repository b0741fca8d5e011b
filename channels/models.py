from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation, Message


class InboundEvent(models.Model):
    """What a channel accepted from outside, exactly as it came; kept before anything is done.

    `external_id` is the provider's own id under the channel's name: what arrives twice is one
    event.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        PROCESSED = "processed", _("processed")
        PARKED = "parked", _("parked for a person")

    channel = models.CharField(_("channel"), max_length=16, choices=Conversation.Channel.choices)
    external_id = models.CharField(_("external id"), max_length=255, unique=True)
    payload = models.JSONField(_("payload"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RECEIVED
    )
    problem = models.TextField(_("problem"), blank=True)
    message = models.ForeignKey(
        Message,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="inbound_events",
        verbose_name=_("message"),
    )
    received_at = models.DateTimeField(_("received"), db_index=True)

    class Meta:
        verbose_name = _("inbound event")
        verbose_name_plural = _("inbound events")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.external_id


class Delivery(models.Model):
    """The way of one outgoing message to its customer.

    Claimed by a conditional update with a lease; only the holder of the lease may record the
    outcome, so a worker that was paused or replaced cannot.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("outcome unknown")
        CANCELLED = "cancelled", _("cancelled")

    message = models.OneToOneField(
        Message, models.CASCADE, related_name="delivery", verbose_name=_("message")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    lease = models.UUIDField(_("lease"), null=True, editable=False)
    lease_until = models.DateTimeField(_("leased until"), null=True, editable=False)
    provider_id = models.CharField(_("provider's id"), max_length=255, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    noticed = models.BooleanField(_("customer told by e-mail"), default=False)
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("changed"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["changed_at"],
                condition=Q(state__in=["queued", "sending"]),
                name="delivery_unfinished",
            )
        ]

    def __str__(self) -> str:
        return f"{self.message_id} · {self.get_state_display()}"


class ChannelConfig(models.Model):
    """How a channel speaks; edited in the console."""

    channel = models.CharField(
        _("channel"), max_length=16, choices=Conversation.Channel.choices, unique=True
    )
    greeting = models.CharField(_("greeting"), max_length=200, blank=True)
    signature = models.TextField(_("signature"), blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("channel settings")
        verbose_name_plural = _("channel settings")

    def __str__(self) -> str:
        return self.get_channel_display()


class RateCounter(models.Model):
    """Requests of one client in one window; the row's lock makes the count exact."""

    key = models.CharField(max_length=100)
    window = models.BigIntegerField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window"], name="rate_counter_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
