from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext_lazy as _

from agent.models.run import AgentRun
from crm.models import User
from knowledge.models import Article

TREND = timedelta(days=7)


class GapQuerySet(models.QuerySet["Gap"]):
    def with_counts(self, *, now: datetime) -> "GapQuerySet":
        """Adds `count`, `recent` and `before` (the last seven days and the seven before them),
        `first_at` and `last_at`; what is asked most comes first."""
        asked = "questions__asked_at"
        return self.annotate(
            count=Count("questions"),
            recent=Count("questions", filter=Q(questions__asked_at__gte=now - TREND)),
            before=Count(
                "questions",
                filter=Q(
                    questions__asked_at__gte=now - 2 * TREND,
                    questions__asked_at__lt=now - TREND,
                ),
            ),
            first_at=Min(asked),
            last_at=Max(asked),
        ).order_by("-count", "-last_at")


class Gap(models.Model):
    """Questions of one meaning that the knowledge could not answer."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DRAFTED = "drafted", _("article drafted")
        DISMISSED = "dismissed", _("no article needed")

    title = models.CharField(
        _("question"), max_length=200, help_text=_("The one nearest to all of them.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    draft_title = models.CharField(_("title"), max_length=200, blank=True)
    draft_body = models.TextField(_("drafted article"), blank=True)
    # How many questions and staff replies the draft was made from: it is made anew with more.
    drafted_from = models.PositiveIntegerField(default=0, editable=False)
    article = models.ForeignKey(
        Article,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("article"),
    )
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        verbose_name = _("knowledge gap")
        verbose_name_plural = _("knowledge gaps")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title


class GapQuestion(models.Model):
    """One run that found no answer, under the gap whose questions mean the same."""

    class Why(models.TextChoices):
        NO_KNOWLEDGE = "no_knowledge", _("handed over: nothing found")
        REJECTED = "rejected", _("staff rejected the draft")
        UNSURE = "unsure", _("answered, but hardly sure")

    gap = models.ForeignKey(
        Gap, models.CASCADE, related_name="questions", verbose_name=_("knowledge gap")
    )
    run = models.OneToOneField(
        AgentRun, models.CASCADE, related_name="gap_question", verbose_name=_("run")
    )
    why = models.CharField(_("why"), max_length=14, choices=Why.choices)
    text = models.TextField(_("question"))
    asked_at = models.DateTimeField(_("asked"))
    # The meaning of the question as 32-bit floats, of length one, by the model that made it.
    vector = models.BinaryField(editable=False)
    embedding_model = models.CharField(max_length=120, editable=False)

    class Meta:
        verbose_name = _("question without an answer")
        verbose_name_plural = _("questions without an answer")
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return self.text[:80]


class Contradiction(models.Model):
    """Two public articles that say different things of the same matter."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DISMISSED = "dismissed", _("none")

    article = models.ForeignKey(
        Article, models.CASCADE, related_name="+", verbose_name=_("article")
    )
    other = models.ForeignKey(
        Article, models.CASCADE, related_name="+", verbose_name=_("other article")
    )
    claim = models.TextField(_("says"))
    counterclaim = models.TextField(_("says otherwise"))
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(_("found"))

    class Meta:
        verbose_name = _("contradiction")
        verbose_name_plural = _("contradictions")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.article} / {self.other}"
