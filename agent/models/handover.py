from typing import TypedDict

from django.db import models
from django.utils.translation import gettext_lazy as _

from agent.models.run import AgentRun
from crm.models import Message
from crm.types import Source


class FoundNote(TypedDict):
    """A passage that the agent read. `fit` is how well it fits, 0..1 as a rule; `disagrees` says
    that another one with the mark contradicts it."""

    article: int
    title: str
    headings: str
    audience: str
    fit: float
    disagrees: bool


class Handover(models.Model):
    """What a person is told who takes a conversation from the agent: one row for a run."""

    class Trend(models.TextChoices):
        WORSE = "worse", _("getting worse")
        STEADY = "steady", _("steady")
        BETTER = "better", _("getting better")

    run = models.OneToOneField(
        AgentRun, models.CASCADE, related_name="handover", verbose_name=_("run")
    )
    asked = models.TextField(_("asked"), blank=True)
    tried = models.JSONField(
        _("tried by the customer"), default=list, blank=True, help_text=_("In their own words.")
    )
    answered = models.JSONField(
        _("answered before"),
        default=list,
        blank=True,
        help_text=_("The articles that the agent had answered with before."),
    )
    searches = models.JSONField(_("searched for"), default=list, blank=True)
    passages = models.JSONField(_("found"), default=list, blank=True)
    emotion = models.CharField(
        _("emotion"), max_length=12, choices=Message.Emotion.choices, blank=True
    )
    trend = models.CharField(_("trend"), max_length=6, choices=Trend.choices, blank=True)
    told = models.TextField(
        _("in short"), blank=True, help_text=_("By a configured model; empty without one.")
    )
    told_by = models.CharField(_("model"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.asked[:80]

    @property
    def disagreeing(self) -> list[FoundNote]:
        return [found for found in self.passages if found["disagrees"]]

    @property
    def earlier_answers(self) -> list[Source]:
        return list(self.answered)
