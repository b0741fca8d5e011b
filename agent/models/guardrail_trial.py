from django.db import models
from django.utils.translation import gettext_lazy as _

from agent.models.guardrail import GuardrailRule, RuleContent
from crm.models import Message, User


class GuardrailTrial(RuleContent):
    """What a rule would have done to past messages, found by a job before the rule is saved."""

    rule = models.ForeignKey(
        GuardrailRule, models.CASCADE, null=True, blank=True, related_name="trials"
    )
    name = models.CharField(_("name"), max_length=80)
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("requested"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    looked_at = models.PositiveIntegerField(_("messages"), default=0)
    wrong = models.TextField(_("examples that go wrong"), blank=True)

    class Meta:
        verbose_name = _("trial of a guardrail")
        verbose_name_plural = _("trials of guardrails")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class TrialFinding(models.Model):
    """A message that the rule on trial treats otherwise than the one in force."""

    class Change(models.TextChoices):
        FIRES = "fires", _("newly caught")
        RESTS = "rests", _("no longer caught")

    trial = models.ForeignKey(GuardrailTrial, models.CASCADE, related_name="findings")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    change = models.CharField(_("change"), max_length=8, choices=Change.choices)
    because = models.CharField(_("because of"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("finding of a trial")
        verbose_name_plural = _("findings of a trial")
        ordering = ["-message_id"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "message"], name="trial_finding_once")
        ]

    def __str__(self) -> str:
        return self.because
