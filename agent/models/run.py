from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agent.models.prompt import PromptVersion
from crm.models import Conversation, Message
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
        SHADOW = "shadow", _("watch: a person answers")
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
    intent = models.CharField(
        _("intent"), max_length=60, blank=True, help_text=_("Empty: out of scope, or unknown.")
    )
    intent_score = models.FloatField(_("sure of the intent"), null=True, blank=True)
    agreement = models.FloatField(
        _("agreement"),
        null=True,
        blank=True,
        help_text=_("While it only watched: how like its answer is to what staff wrote."),
    )
    turn = models.PositiveIntegerField(
        _("turn"),
        default=0,
        editable=False,
        help_text=_("The conversation's turn that the agent saw; its answer is void in another."),
    )
    model = models.CharField(_("model"), max_length=120, blank=True)
    prompt_version = models.ForeignKey(
        PromptVersion,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("prompt"),
        help_text=_("What the model was told; empty where no configured model decided."),
    )
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
        INTENT = "intent", _("intent")
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
