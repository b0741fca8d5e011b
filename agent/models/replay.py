from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from agent.models.guardrail import GuardrailRule
from agent.models.prompt import PromptVersion
from agent.models.run import AgentRun
from crm.models import User
from knowledge.models import Article
from tickets.models import Ticket

MAX_DAYS = 90
MAX_QUESTIONS = 2_000


class Replay(models.Model):
    """The questions of the last days, or that of one run, asked again: through a change that is
    not live yet, or as things are today."""

    class Kind(models.TextChoices):
        NOTHING = "nothing", _("nothing: as it is today")
        MODEL = "model", _("another model")
        PROMPT = "prompt", _("another version of the prompt")
        RULE = "rule", _("a changed guardrail")
        ARTICLE = "article", _("a changed article")

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    kind = models.CharField(
        _("what changes"), max_length=10, choices=Kind.choices, default=Kind.NOTHING
    )
    model = models.CharField(
        _("model"), max_length=120, blank=True, help_text=_("As LLM_MODEL takes it, or “offline”.")
    )
    prompt_version = models.ForeignKey(
        PromptVersion,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("version of the prompt"),
    )
    rule = models.ForeignKey(
        GuardrailRule,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("guardrail"),
    )
    article = models.ForeignKey(
        Article,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("article"),
    )
    draft = models.TextField(
        _("as it would read"),
        blank=True,
        help_text=_(
            "An article's text, or a guardrail's patterns, one a line. Without it a published "
            "article is tried as withdrawn, any other as published, a guardrail as switched off."
        ),
    )
    run = models.ForeignKey(
        AgentRun,
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="replays",
        verbose_name=_("run"),
        help_text=_("The only one that is asked again; without it those of the last days."),
    )
    days = models.PositiveSmallIntegerField(
        _("days back"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_DAYS)],
    )
    limit = models.PositiveIntegerField(
        _("questions at most"),
        default=500,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_QUESTIONS)],
        help_text=_(
            "A configured model is paid for each of them, up to two answers a question. It counts "
            "for the day's budget, and the replay ends when that is used up."
        ),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.QUEUED, editable=False
    )
    total = models.PositiveIntegerField(_("questions"), default=0, editable=False)
    done = models.PositiveIntegerField(_("asked again"), default=0, editable=False)
    error = models.TextField(_("what went wrong"), blank=True, editable=False)
    started_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("started"), editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        ordering = ["-id"]

    def __str__(self) -> str:
        if self.run_id:
            return str(_("Run %(id)s") % {"id": self.run_id})
        what = self.prompt_version or self.rule or self.article or self.model
        return f"{self.get_kind_display()}: {what}" if what else self.get_kind_display()

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED}


class ReplayResult(models.Model):
    """A run that would go otherwise. `before` is what today's setup makes of the question, which
    is what the run had unless something else changed meanwhile."""

    class Cause(models.TextChoices):
        CHANGE = "change", _("by this change")
        MEANWHILE = "meanwhile", _("by what changed meanwhile")

    replay = models.ForeignKey(Replay, models.CASCADE, related_name="results")
    run = models.ForeignKey(AgentRun, models.CASCADE, related_name="+", verbose_name=_("run"))
    cause = models.CharField(_("differs"), max_length=10, choices=Cause.choices)
    before_action = models.CharField(max_length=10, choices=AgentRun.Decision.choices)
    before_reason = models.CharField(max_length=16, choices=Ticket.Reason.choices, blank=True)
    before_text = models.TextField(blank=True)
    before_sources = models.JSONField(default=list, blank=True)
    before_why = models.TextField(blank=True)
    after_action = models.CharField(max_length=10, choices=AgentRun.Decision.choices)
    after_reason = models.CharField(max_length=16, choices=Ticket.Reason.choices, blank=True)
    after_text = models.TextField(blank=True)
    after_sources = models.JSONField(default=list, blank=True)
    after_why = models.TextField(blank=True)

    class Meta:
        verbose_name = _("replayed run")
        verbose_name_plural = _("replayed runs")
        ordering = ["cause", "id"]
        constraints = [models.UniqueConstraint(fields=["replay", "run"], name="replayed_run_once")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.before_action} → {self.after_action}"
