import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation
from tickets import office_hours

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


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
            models.Index(
                F("due_at"),
                condition=Q(due_at__isnull=False),
                name="ticket_response_due",
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


class SavedReply(models.Model):
    """An answer that staff keep to use again; `tickets.saved_replies` fills it in."""

    PLACEHOLDERS = ("name", "first_name", "ticket", "subject", "staff")

    title = models.CharField(_("title"), max_length=120, unique=True)
    text = models.TextField(
        _("text"),
        max_length=10_000,
        help_text=_("{name}, {first_name}, {ticket}, {subject} and {staff} are filled in."),
    )
    language = models.CharField(_("language"), max_length=12, blank=True)

    class Meta:
        verbose_name = _("saved reply")
        verbose_name_plural = _("saved replies")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """A word in braces that stands for nothing would be sent as it is."""
        unknown = set(_PLACEHOLDER.findall(self.text)) - set(self.PLACEHOLDERS)
        if unknown:
            known = ", ".join(f"{{{name}}}" for name in self.PLACEHOLDERS)
            why = _t("{%(name)s} stands for nothing. Known are: %(known)s.")
            raise ValidationError({"text": why % {"name": min(unknown), "known": known}})

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with the values of its placeholders in it."""
        return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), self.text)
