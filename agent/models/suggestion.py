from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from agent.models.run import AgentRun
from crm.models import Conversation, Message, User
from tickets.models import Ticket


class Suggestion(models.Model):
    """A text that a person may answer with, as it stands or edited; nothing sends it by itself.

    Offers that were used stay, with how much of them was kept: that is what they are measured by.
    """

    class Kind(models.TextChoices):
        PREPARED = "prepared", _("prepared by the agent")
        PASSAGE = "passage", _("from an article")
        STAFF = "staff", _("answered by staff before")

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="suggestions", verbose_name=_("conversation")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    position = models.PositiveSmallIntegerField(_("position"))
    title = models.CharField(_("title"), max_length=300, blank=True)
    text = models.TextField(_("text"))
    url = models.CharField(_("address"), max_length=500, blank=True)
    is_quotable = models.BooleanField(
        _("may be quoted"), default=True, help_text=_("No: it informs staff alone.")
    )
    is_supported = models.BooleanField(
        _("supported"), null=True, help_text=_("Whether passages support a prepared answer.")
    )
    why = models.TextField(_("why"), blank=True)
    fit = models.FloatField(_("fit"), null=True, blank=True)
    run = models.ForeignKey(
        AgentRun, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("run")
    )
    ticket = models.ForeignKey(
        Ticket,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ticket"),
        help_text=_("The earlier one that staff answered so."),
    )
    created_at = models.DateTimeField(_("created"))
    reply = models.ForeignKey(
        Message,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reply"),
        help_text=_("What was sent with its help."),
    )
    used_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    kept = models.FloatField(
        _("kept"), null=True, blank=True, help_text=_("Share of the text that was sent, 0..1.")
    )

    class Meta:
        verbose_name = _("suggested reply")
        verbose_name_plural = _("suggested replies")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["conversation", "position"],
                condition=Q(reply__isnull=True),
                name="suggestion_open",
            )
        ]

    def __str__(self) -> str:
        return self.title or self.text[:80]


class PastReply(models.Model):
    """What staff answered to a question, without personal data, and what the question means."""

    ticket = models.OneToOneField(
        Ticket, models.CASCADE, related_name="past_reply", verbose_name=_("ticket")
    )
    question = models.TextField(_("question"))
    text = models.TextField(_("text"))
    embedder = models.CharField(_("embedding model"), max_length=120)
    vector = VectorField(_("vector"))
    learned_at = models.DateTimeField(_("learned"))

    class Meta:
        verbose_name = _("past reply")
        verbose_name_plural = _("past replies")
        ordering = ["-id"]
        indexes = [models.Index(fields=["embedder"], name="past_reply_of_embedder")]

    def __str__(self) -> str:
        return self.question[:80]
