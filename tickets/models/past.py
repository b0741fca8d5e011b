"""What happened to a ticket: its events, its merges, and how the customer rated it."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation
from tickets.models.ticket import Ticket


class TicketEvent(models.Model):
    """What happened to a ticket and by whom; only ever appended."""

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        ANSWERED = "answered", _("answered")
        ESCALATED = "escalated", _("handed to people")
        TAKEN_OVER = "taken_over", _("taken over")
        HANDED_BACK = "handed_back", _("handed back to the agent")
        REOPENED = "reopened", _("reopened")
        RESOLVED = "resolved", _("resolved")
        CLOSED = "closed", _("closed")
        CHANGED = "changed", _("changed")
        RATED = "rated", _("rated")
        OVERDUE = "overdue", _("first response overdue")
        MERGED = "merged", _("merged")
        UNMERGED = "unmerged", _("merge undone")

    ticket = models.ForeignKey(
        Ticket, models.CASCADE, related_name="events", verbose_name=_("ticket")
    )
    kind = models.CharField(_("event"), max_length=12, choices=Kind.choices)
    actor = models.CharField(_("by"), max_length=160)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.actor}"


class TicketMerge(models.Model):
    """Two tickets about one matter: what belongs to `merged` goes on in `survivor` until it is
    undone. `status`, `handler`, `assigned_to` and `resolved_at` are what the merged one had
    before; `settled` are the ids of the messages in it that still waited for an answer.

    Messages stay where they were said, so undoing has nothing to sort out.
    """

    survivor = models.ForeignKey(
        Ticket, models.PROTECT, related_name="merges", verbose_name=_("goes on")
    )
    merged = models.ForeignKey(
        Ticket, models.PROTECT, related_name="merges_away", verbose_name=_("merged")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))
    status = models.CharField(_("status before"), max_length=12, choices=Ticket.Status.choices)
    handler = models.CharField(
        _("handled by before"), max_length=8, choices=Conversation.Handler.choices
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("assigned to before"),
    )
    resolved_at = models.DateTimeField(_("resolved before"), null=True)
    settled = models.JSONField(_("messages that waited"), default=list)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("undone by"),
    )

    class Meta:
        verbose_name = _("ticket merge")
        verbose_name_plural = _("ticket merges")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=Q(undone_at__isnull=True),
                name="ticket_merge_standing_once",
            ),
            models.CheckConstraint(
                condition=~Q(survivor=F("merged")), name="ticket_merge_of_two_tickets"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merged.reference} → {self.survivor.reference}"


class Satisfaction(models.Model):
    """The customer's rating of a resolved ticket; a later one replaces it."""

    ticket = models.OneToOneField(
        Ticket, models.CASCADE, related_name="satisfaction", verbose_name=_("ticket")
    )
    score = models.PositiveSmallIntegerField(
        _("score"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    comment = models.TextField(_("comment"), blank=True, max_length=2000)
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            models.CheckConstraint(condition=Q(score__range=(1, 5)), name="rating_from_1_to_5")
        ]

    def __str__(self) -> str:
        return f"{self.score}/5"
