from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation
from crm.moments import show_moment


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
        indexes = [
            models.Index(fields=["channel", "recorded_at"], name="agent_metric_series"),
            models.Index(
                fields=["recorded_at"], include=["answered", "escalated"], name="agent_metric_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {show_moment(self.recorded_at)}"
