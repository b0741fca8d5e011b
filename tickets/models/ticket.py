"""A customer's matter, and what it is found by."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation


def new_access_key() -> str:
    return secrets.token_urlsafe(24)


class NextTicketNumber(Func):
    """The next value of the sequence that migration 0001 creates."""

    template = "nextval('ticket_number')"
    output_field = models.IntegerField()


class TicketQuerySet(models.QuerySet["Ticket"]):
    def unfinished(self) -> "TicketQuerySet":
        return self.filter(status__in=Ticket.UNFINISHED)

    def needing_a_person(self) -> "TicketQuerySet":
        """What people have to answer, and what waits for their approval."""
        return self.filter(
            Q(conversation__handler=Conversation.Handler.STAFF) | Q(approval_since__isnull=False),
            status__in=[Ticket.Status.OPEN, Ticket.Status.ESCALATED, Ticket.Status.IN_PROGRESS],
        )


class Ticket(models.Model):
    """A customer's matter, from question to resolution, within one conversation."""

    class Status(models.TextChoices):
        OPEN = "open", _("received")
        IN_PROGRESS = "in_progress", _("in progress")
        WAITING = "waiting", _("waiting for the customer")
        ESCALATED = "escalated", _("with our team")
        RESOLVED = "resolved", _("resolved")
        CLOSED = "closed", _("closed")

    UNFINISHED = (Status.OPEN, Status.IN_PROGRESS, Status.WAITING, Status.ESCALATED)

    class Category(models.TextChoices):
        HOW_TO = "how_to", _("How do I …?")
        TECHNICAL_ISSUE = "technical_issue", _("Technical issue")
        BILLING = "billing", _("Billing")
        BUG_REPORT = "bug_report", _("Bug report")
        FEEDBACK = "feedback", _("Feedback")
        OTHER = "other", _("Something else")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        NORMAL = "normal", _("Normal")
        HIGH = "high", _("High")
        URGENT = "urgent", _("Urgent")

    class Reason(models.TextChoices):
        """Why a matter went to people."""

        REFUND = "refund", _("refund")
        PRICING = "pricing", _("pricing negotiation")
        LEGAL = "legal", _("legal")
        SECURITY = "security", _("security")
        HUMAN_REQUEST = "human_request", _("asked for a person")
        ABUSE = "abuse", _("abuse")
        SENTIMENT = "sentiment", _("unhappy customer")
        NO_KNOWLEDGE = "no_knowledge", _("nothing in the knowledge base")
        ACCOUNT = "account", _("needs account data")
        INJECTION = "injection", _("tries to instruct the agent")
        FAILURE = "failure", _("technical failure")

    number = models.PositiveIntegerField(
        _("number"), unique=True, editable=False, db_default=NextTicketNumber()
    )
    access_key = models.CharField(
        _("access key"), max_length=64, default=new_access_key, editable=False
    )
    conversation = models.ForeignKey(
        Conversation, models.PROTECT, related_name="tickets", verbose_name=_("conversation")
    )
    subject = models.CharField(_("subject"), max_length=300)
    category = models.CharField(
        _("category"), max_length=20, choices=Category.choices, default=Category.OTHER
    )
    priority = models.CharField(
        _("priority"), max_length=10, choices=Priority.choices, default=Priority.NORMAL
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.OPEN
    )
    escalation_reason = models.CharField(
        _("reason"), max_length=16, choices=Reason.choices, blank=True
    )
    escalation_detail = models.TextField(_("what staff should know"), blank=True)
    escalated_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    approval_since = models.DateTimeField(
        _("waits for approval since"),
        null=True,
        blank=True,
        help_text=_("A prepared answer needs a person's consent; any change ends it."),
    )
    # Only while an answer is owed, and a target promises when.
    due_at = models.DateTimeField(_("answer due"), null=True, blank=True)
    first_response_at = models.DateTimeField(_("first response"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    viewed_at = models.DateTimeField(_("seen by the customer"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("updated"))

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=~Q(status="closed"),
                name="ticket_one_live_per_conversation",
            ),
            models.CheckConstraint(
                condition=Q(escalated_at__isnull=True) | ~Q(escalation_reason=""),
                name="ticket_escalation_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-updated_at"], name="ticket_status_newest"),
            models.Index(
                fields=["status", "conversation"],
                condition=Q(status__in=["open", "in_progress", "waiting", "escalated"]),
                name="ticket_unfinished",
            ),
            # With all that the inbox counts and orders them by.
            models.Index(
                fields=["due_at"],
                include=["id", "status", "priority", "conversation", "escalated_at"],
                condition=Q(status__in=["open", "in_progress", "waiting", "escalated"])
                & Q(due_at__isnull=False),
                name="ticket_overdue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.subject}"

    @property
    def reference(self) -> str:
        """The number as people write it, `TKT-0001` onward."""
        return f"TKT-{self.number:04d}"

    @property
    def status_path(self) -> str:
        """The private status page's path, with the key that opens it."""
        path = reverse("tickets:status", args=[self.reference])
        return f"{path}?key={self.access_key}"

    @property
    def status_url(self) -> str:
        return f"{settings.PUBLIC_URL}{self.status_path}"

    def opens_with(self, key: str) -> bool:
        """Whether the key is this ticket's, compared in constant time."""
        return secrets.compare_digest(self.access_key.encode(), key.encode())

    def is_finished(self) -> bool:
        return self.status in {self.Status.RESOLVED, self.Status.CLOSED}
