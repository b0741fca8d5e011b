from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation, Message


class InboundEventQuerySet(models.QuerySet["InboundEvent"]):
    def unabridged(self) -> "InboundEventQuerySet":
        """What was read and still holds what came."""
        return self.filter(state=InboundEvent.State.PROCESSED).exclude(payload={})


class InboundEvent(models.Model):
    """What a channel accepted from outside, exactly as it came; kept before anything is done,
    and emptied some time after it was read (`channels.retention`).

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
    raw = models.BinaryField(_("raw message"), null=True, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RECEIVED
    )
    problem = models.TextField(_("problem"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts to read it"), default=0)
    message = models.ForeignKey(
        Message,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="inbound_events",
        verbose_name=_("message"),
    )
    received_at = models.DateTimeField(_("received"), db_index=True)

    objects = InboundEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("inbound event")
        verbose_name_plural = _("inbound events")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=models.Q(state="received"),
                name="inbound_event_unprocessed",
            ),
            models.Index(
                fields=["received_at"],
                condition=models.Q(state="processed") & ~models.Q(payload={}),
                name="inbound_event_unabridged",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class ThreadKey(models.Model):
    """What ties a provider's thread to a conversation: Gmail's thread id, each Message-ID of
    either side, the provider's id of each WhatsApp message."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="thread_keys", verbose_name=_("conversation")
    )
    key = models.CharField(_("key"), max_length=500, unique=True)

    class Meta:
        verbose_name = _("thread key")
        verbose_name_plural = _("thread keys")

    def __str__(self) -> str:
        return self.key


class PendingMail(models.Model):
    """A mail that Gmail named and that is still to be fetched; gone once it is kept as an event.

    Whoever fetches it moves `due_at` to the end of a lease, so that others pass it by until then.
    `problem` says why the last try failed; while it is empty, later mails of the thread wait.
    """

    gmail_id = models.CharField(_("Gmail's id"), max_length=64, unique=True)
    thread_id = models.CharField(_("thread"), max_length=64)
    new_since = models.DateTimeField(
        _("new since"),
        null=True,
        help_text=_("What is older and was read belongs to the time before the desk."),
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"), db_index=True)
    problem = models.TextField(_("problem"), blank=True)
    announced_at = models.DateTimeField(_("announced"))

    class Meta:
        verbose_name = _("mail to fetch")
        verbose_name_plural = _("mails to fetch")
        indexes = [models.Index(fields=["thread_id"], name="pending_mail_thread")]

    def __str__(self) -> str:
        return self.gmail_id


class SyncCursor(models.Model):
    """How far a channel was read from its provider. The cursor only grows.

    `position` is Gmail's history id, or the watermark of a listing as a Unix time in seconds.
    `failures` counts the readings in a row that failed; before `paused_until` the provider has
    asked not to be asked.
    """

    channel = models.CharField(
        _("channel"), max_length=16, choices=Conversation.Channel.choices, unique=True
    )
    position = models.BigIntegerField(_("position"), default=0)
    synced_at = models.DateTimeField(_("last read"), null=True, blank=True)
    watch_ends_at = models.DateTimeField(_("push notifications end"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    paused_until = models.DateTimeField(_("limited by the provider until"), null=True, blank=True)

    class Meta:
        verbose_name = _("sync cursor")
        verbose_name_plural = _("sync cursors")

    def __str__(self) -> str:
        return f"{self.channel}: {self.position}"
