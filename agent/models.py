from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from agent.patterns import PatternError, SlowPatternError, check, find, list_lines
from crm.models import Conversation, Message, User
from tickets.models import Ticket


class AgentRun(models.Model):
    """One look of the agent at a conversation: what it saw, did and decided, and why."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped: a person took over")
        FAILED = "failed", _("failed")

    class Decision(models.TextChoices):
        SEND = "send", _("answer")
        DRAFT = "draft", _("draft for approval")
        HAND_OVER = "hand_over", _("hand over")
        NO_REPLY = "no_reply", _("no reply needed")

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="runs", verbose_name=_("conversation")
    )
    message = models.ForeignKey(
        Message,
        models.CASCADE,
        related_name="runs",
        verbose_name=_("newest message"),
        help_text=_("The newest customer message that the agent had before it."),
    )
    reply = models.ForeignKey(
        Message,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reply"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RUNNING
    )
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=16, choices=Ticket.Reason.choices, blank=True)
    explanation = models.TextField(_("why"), blank=True)
    draft = models.TextField(_("prepared answer"), blank=True)
    sources = models.JSONField(_("sources"), default=list, blank=True)
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    turn = models.PositiveIntegerField(
        _("turn"),
        default=0,
        editable=False,
        help_text=_("The conversation's turn that the agent saw; its answer is void in another."),
    )
    model = models.CharField(_("model"), max_length=120, blank=True)
    input_tokens = models.PositiveIntegerField(_("tokens in"), default=0)
    output_tokens = models.PositiveIntegerField(_("tokens out"), default=0)
    cost = models.DecimalField(
        _("cost in USD"), max_digits=12, decimal_places=6, null=True, blank=True
    )
    started_at = models.DateTimeField(_("started"), db_index=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("agent run")
        verbose_name_plural = _("agent runs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(state="running"), name="run_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display() or self.get_state_display()} · {self.message}"

    @property
    def seconds(self) -> float | None:
        if self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class AgentStep(models.Model):
    """One step of a run, in order: a guardrail, a search, a model's turn, a tool, the decision."""

    class Kind(models.TextChoices):
        GUARDRAIL = "guardrail", _("guardrail")
        LANGUAGE = "language", _("language")
        SENTIMENT = "sentiment", _("sentiment")
        MODEL = "model", _("model")
        TOOL = "tool", _("tool")
        GROUNDING = "grounding", _("support")
        DECISION = "decision", _("decision")

    run = models.ForeignKey(AgentRun, models.CASCADE, related_name="steps", verbose_name=_("run"))
    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("step"), max_length=10, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=200)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    milliseconds = models.FloatField(_("ms"), default=0)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="step_position_once")
        ]

    def __str__(self) -> str:
        return self.title


# Long texts that a pattern is tried on when it is saved, beside its own examples.
_PROBES = ("a", "a ", "a b ", "0", ".", " ", "\n")
_PROBE_LENGTH = 5_000


class GuardrailRule(models.Model):
    """A matter that never goes to a model: patterns that catch it, and where it is routed."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    reason = models.CharField(_("reason"), max_length=16, choices=Ticket.Reason.choices)
    route = models.CharField(
        _("route"), max_length=80, help_text=_("The team that takes it, for example Billing.")
    )
    patterns = models.TextField(
        _("patterns"), help_text=_("One regular expression a line, matched without case.")
    )
    must_match = models.TextField(_("must match"), blank=True, help_text=_("One example a line."))
    must_not_match = models.TextField(
        _("must not match"), blank=True, help_text=_("One example a line.")
    )
    priority = models.PositiveSmallIntegerField(
        _("order"), default=50, help_text=_("The lowest that matches decides.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("guardrail")
        verbose_name_plural = _("guardrails")
        ordering = ["priority", "name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError for a pattern that is none and an example that goes wrong."""
        try:
            check(self.patterns)
            missed = [line for line in list_lines(self.must_match) if not self.find(line)]
            caught = [line for line in list_lines(self.must_not_match) if self.find(line)]
            for piece in _PROBES:
                self.find((piece * _PROBE_LENGTH)[:_PROBE_LENGTH] + "!:")
        except PatternError as error:
            raise ValidationError(
                {"patterns": _("This is no regular expression: %(why)s") % {"why": error}}
            ) from None
        except SlowPatternError as slow:
            raise ValidationError(
                {
                    "patterns": _("This takes too long on some texts: %(pattern)s")
                    % {"pattern": slow.args[0]}
                }
            ) from None
        errors = {}
        if missed:
            errors["must_match"] = _("Not caught: %(lines)s") % {"lines": " | ".join(missed)}
        if caught:
            errors["must_not_match"] = _("Caught: %(lines)s") % {"lines": " | ".join(caught)}
        if errors:
            raise ValidationError(errors)

    def find(self, text: str) -> str:
        """The words of a cleaned text that a pattern catches, "" if none does.

        Raises SlowPatternError if that takes too long.
        """
        return find(self.patterns, text)


class AgentMetric(models.Model):
    """The agent's time series: one row for each run that ended."""

    channel = models.CharField(_("channel"), max_length=16, choices=Conversation.Channel.choices)
    recorded_at = models.DateTimeField(_("at"))
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="+")
    sentiment = models.FloatField(_("sentiment"), null=True)
    escalated = models.BooleanField(_("escalated"))
    answered = models.BooleanField(_("answered"))
    latency_seconds = models.FloatField(_("seconds to the answer"))
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=6, null=True)

    class Meta:
        verbose_name = _("agent metric")
        verbose_name_plural = _("agent metrics")
        ordering = ["-recorded_at"]
        indexes = [models.Index(fields=["channel", "recorded_at"], name="agent_metric_series")]

    def __str__(self) -> str:
        return f"{self.channel} {self.recorded_at:%Y-%m-%d %H:%M}"


class DraftQuerySet(models.QuerySet["Draft"]):
    def decidable(self) -> "DraftQuerySet":
        """Open, in the turn that the agent saw, and the answer to all that waits."""
        newer = Message.objects.awaiting_answer().filter(
            conversation=OuterRef("conversation"), pk__gt=OuterRef("run__message")
        )
        return self.filter(
            ~Exists(newer),
            state=Draft.State.OPEN,
            conversation__handler=Conversation.Handler.AGENT,
            conversation__turn=F("run__turn"),
            run__message__answered_at__isnull=True,
        )


class Draft(models.Model):
    """An answer that waits for a person's approval; one open draft a conversation."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting")
        APPROVED = "approved", _("approved")
        EDITED = "edited", _("approved after editing")
        REJECTED = "rejected", _("rejected")
        OUTDATED = "outdated", _("outdated")

    run = models.OneToOneField(AgentRun, models.CASCADE, related_name="proposal")
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="drafts", verbose_name=_("conversation")
    )
    text = models.TextField(_("text"))
    sources = models.JSONField(_("sources"), default=list, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    final_text = models.TextField(_("text as sent"), blank=True)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(state="open"), name="draft_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} · {self.created_at:%Y-%m-%d %H:%M}"


class Briefing(models.Model):
    """What a model is told of the company: who it is and how it speaks. One row."""

    profile = models.TextField(_("company profile"), blank=True)
    voice = models.TextField(_("voice"), blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("briefing")
        verbose_name_plural = _("briefing")

    def __str__(self) -> str:
        return str(_("Company and voice"))
