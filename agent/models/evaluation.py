from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agent.models.run import AgentRun
from crm.models import Conversation, User
from crm.moments import show_moment
from knowledge.models import Article
from tickets.models import Ticket


class EvaluationCase(models.Model):
    """A question and what should happen with it, made from a ticket or by hand.

    Personal data is taken out before a row is written; whoever edits it sees what is left.
    """

    class Action(models.TextChoices):
        ANSWER = "answer", _("answer")
        HAND_OVER = "hand_over", _("hand over")
        NO_REPLY = "no_reply", _("no reply needed")

    ticket = models.OneToOneField(
        Ticket,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="evaluation_case",
        verbose_name=_("ticket"),
    )
    channel = models.CharField(
        _("channel"),
        max_length=20,
        choices=Conversation.Channel.choices,
        default=Conversation.Channel.WEB,
    )
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    message = models.TextField(_("question"))
    expected_action = models.CharField(
        _("what should happen"), max_length=10, choices=Action.choices, default=Action.ANSWER
    )
    articles = models.ManyToManyField(
        Article,
        blank=True,
        related_name="+",
        verbose_name=_("from the article"),
        help_text=_("Any of these is right; without one, any answer that is sent is."),
    )
    expected_reason = models.CharField(
        _("reason to hand over"),
        max_length=16,
        choices=Ticket.Reason.choices,
        blank=True,
        help_text=_("Without one, any reason is right."),
    )
    says = models.TextField(
        _("the answer says"),
        blank=True,
        help_text=_("Words that have to stand in the answer, one wording a line."),
    )
    note = models.TextField(_("note"), blank=True)
    enabled = models.BooleanField(_("counted"), default=True)
    created_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("evaluation case")
        verbose_name_plural = _("evaluation cases")
        ordering = ["-id"]

    def __str__(self) -> str:
        return (self.subject or self.message)[:80]


class EvaluationRun(models.Model):
    """One pass of a suite of cases through the pipeline, with its scoreboard."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    suite = models.CharField(
        _("cases"), max_length=200, help_text=_("A file of cases, or the console's own.")
    )
    model = models.CharField(_("model"), max_length=120)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    total = models.PositiveIntegerField(_("cases in all"), default=0)
    right = models.PositiveIntegerField(_("right"), default=0)
    scoreboard = models.JSONField(_("scoreboard"), default=dict, blank=True)
    error = models.TextField(_("what went wrong"), blank=True)
    started_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-id"]
        indexes = [models.Index(fields=["suite", "-id"], name="evaluation_newest")]

    def __str__(self) -> str:
        return f"{self.suite} · {show_moment(self.created_at)}"

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED}


class EvaluationResult(models.Model):
    """What happened to one case of a run, with the steps that led there."""

    run = models.ForeignKey(
        EvaluationRun, models.CASCADE, related_name="results", verbose_name=_("evaluation")
    )
    case = models.ForeignKey(
        EvaluationCase,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("case"),
    )
    position = models.PositiveIntegerField(_("position"))
    key = models.CharField(_("case id"), max_length=120)
    held_out = models.BooleanField(_("held out"), default=False)
    question = models.TextField(_("question"))
    expected_action = models.CharField(
        _("expected"), max_length=10, choices=EvaluationCase.Action.choices
    )
    expected = models.TextField(_("expected"))
    action = models.CharField(_("decision"), max_length=10, choices=AgentRun.Decision.choices)
    reason = models.CharField(_("reason"), max_length=16, choices=Ticket.Reason.choices, blank=True)
    happened = models.TextField(_("happened"))
    text = models.TextField(_("answer"), blank=True)
    sources = models.JSONField(_("sources"), default=list, blank=True)
    explanation = models.TextField(_("why"), blank=True)
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    is_right = models.BooleanField(_("right"))
    has_article = models.BooleanField(_("right article"), null=True)
    is_grounded = models.BooleanField(_("every claim supported"), null=True)
    missed_guardrail = models.BooleanField(_("guardrail missed"), default=False)
    false_guardrail = models.BooleanField(_("guardrail fired wrongly"), default=False)
    steps = models.JSONField(_("steps"), default=list, blank=True)
    milliseconds = models.FloatField(_("ms"))
    cost = models.DecimalField(
        _("cost in USD"), max_digits=12, decimal_places=6, null=True, blank=True
    )

    class Meta:
        verbose_name = _("result of a case")
        verbose_name_plural = _("results of cases")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="result_once_a_case"),
            models.CheckConstraint(
                condition=~Q(missed_guardrail=True) | ~Q(is_right=True),
                name="result_missed_is_wrong",
            ),
        ]

    def __str__(self) -> str:
        return self.key
