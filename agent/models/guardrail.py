from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from agent.patterns import PatternError, SlowPatternError, check, find, list_lines
from tickets.models import Ticket

# Long texts that a pattern is tried on when it is saved, beside its own examples.
_PROBES = ("a", "a ", "a b ", "0", ".", " ", "\n")
_PROBE_LENGTH = 5_000


class RuleContent(models.Model):
    """What a rule looks for, where, and what follows."""

    class Stage(models.TextChoices):
        BEFORE = "before", _("the customer's message")
        AFTER = "after", _("the prepared answer")
        BOTH = "both", _("both")
        ARTICLE = "article", _("articles, by words, before a model reads them")

    class Action(models.TextChoices):
        ROUTE = "route", _("hand over to the team")
        BLOCK = "block", _("block: no model sees it, nothing of it is sent")
        WARN = "warn", _("go on and tell staff")

    reason = models.CharField(_("reason"), max_length=16, choices=Ticket.Reason.choices)
    route = models.CharField(
        _("route"), max_length=80, help_text=_("The team that takes it, for example Billing.")
    )
    stage = models.CharField(
        _("looks at"), max_length=8, choices=Stage.choices, default=Stage.BEFORE
    )
    action = models.CharField(
        _("what follows"), max_length=8, choices=Action.choices, default=Action.ROUTE
    )
    patterns = models.TextField(
        _("patterns"),
        blank=True,
        help_text=_("By words: one regular expression a line, matched without case."),
    )
    examples = models.TextField(
        _("example sentences"),
        blank=True,
        help_text=_(
            "By meaning: sentences that it learns from, one a line, in every language it should "
            "know. Ten or more work best."
        ),
    )
    threshold = models.FloatField(
        _("threshold"),
        default=0.35,
        validators=[MinValueValidator(-1), MaxValueValidator(2)],
        help_text=_(
            "By meaning: about 1 is what the examples say, about -1 an ordinary question. A lower "
            "threshold catches more, and more that it should not."
        ),
    )
    must_match = models.TextField(_("must match"), blank=True, help_text=_("One example a line."))
    must_not_match = models.TextField(
        _("must not match"),
        blank=True,
        help_text=_("One example a line. The meaning is learned from them too, as the opposite."),
    )

    CONTENT = (
        "reason", "route", "stage", "action", "patterns", "examples", "threshold", "must_match",
        "must_not_match",
    )  # fmt: skip
    # What decides whether the examples hold; the rest may change without another look.
    CHECKED = ("patterns", "examples", "threshold", "must_match", "must_not_match")

    class Meta:
        abstract = True

    def content(self) -> dict[str, str | float]:
        return {name: getattr(self, name) for name in self.CONTENT}


class GuardrailRule(RuleContent):
    """A matter that never goes to a model, or that no answer may hold, as staff edit it.

    What the agent goes by is its RuleInForce, which follows once the examples hold.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        CHECKING = "checking", _("being checked")
        REFUSED = "refused", _("refused")

    name = models.CharField(_("name"), max_length=80, unique=True)
    priority = models.PositiveSmallIntegerField(
        _("order"), default=50, help_text=_("The lowest that matches decides.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.ACTIVE, editable=False
    )
    refusal = models.TextField(_("what went wrong"), blank=True, editable=False)
    revision = models.PositiveIntegerField(default=0, editable=False)
    history = HistoricalRecords(excluded_fields=["state", "refusal", "revision"])

    class Meta:
        verbose_name = _("guardrail")
        verbose_name_plural = _("guardrails")
        ordering = ["priority", "name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Checks by words alone. Raises ValidationError for a rule without anything to look for,
        a pattern that is none or takes too long, an example that a pattern catches though it must
        not, and, where there is no meaning to do it, one that none catches though it must.
        """
        if not list_lines(self.patterns) and not list_lines(self.examples):
            raise ValidationError({"patterns": _("Give patterns or example sentences, or both.")})
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
        if missed and not list_lines(self.examples):
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


class RuleInForce(RuleContent):
    """The version of a rule that the agent goes by: the last whose examples held.

    `weights` and `vectors` are what was learned from the examples' meaning, as 32-bit floats, and
    of use only to the model named beside them; empty until a worker has learned them.
    """

    rule = models.OneToOneField(
        GuardrailRule, models.CASCADE, primary_key=True, related_name="in_force"
    )
    since = models.DateTimeField(_("in force since"))
    embedding_model = models.CharField(max_length=120, blank=True)
    weights = models.BinaryField(blank=True)
    vectors = models.BinaryField(blank=True)

    class Meta:
        verbose_name = _("guardrail in force")
        verbose_name_plural = _("guardrails in force")

    def __str__(self) -> str:
        return str(self.rule)
