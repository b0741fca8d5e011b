from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from agent.patterns import PatternError, SlowPatternError, check, find, list_lines
from tickets.models import Ticket

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
