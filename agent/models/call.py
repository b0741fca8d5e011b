from django.db import models
from django.utils.translation import gettext_lazy as _

from agent.models.run import AgentRun
from crm.models import Conversation
from crm.moments import show_moment


class ModelCall(models.Model):
    """One call of a configured model: what it took and what it cost, also if it failed or what
    it was for came too late. Budgets add these up. What the desk asks for itself, such as the draft
    of an article, belongs to no conversation."""

    run = models.ForeignKey(
        AgentRun, models.SET_NULL, null=True, related_name="calls", verbose_name=_("run")
    )
    conversation = models.ForeignKey(
        Conversation,
        models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("conversation"),
    )
    model = models.CharField(_("model"), max_length=120)
    failure = models.CharField(_("what went wrong"), max_length=200, blank=True)
    input_tokens = models.PositiveIntegerField(_("tokens in"), default=0)
    output_tokens = models.PositiveIntegerField(_("tokens out"), default=0)
    cost = models.DecimalField(
        _("cost in USD"),
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("Empty where the model's price is not known."),
    )
    milliseconds = models.FloatField(_("ms"))
    created_at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("model call")
        verbose_name_plural = _("model calls")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.model} {show_moment(self.created_at)}"
