from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5, Lower
from django.utils.translation import gettext_lazy as _

from crm.models import Message, User
from crm.moments import show_moment


class Intent(models.Model):
    """What customers come with, and how much harm a wrong answer to it does."""

    class Risk(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")

    name = models.CharField(
        _("name"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9_]+\Z", _("Small letters, digits and _ only."))],
        help_text=_("How records name it, for example reset_password."),
    )
    title = models.CharField(_("title"), max_length=120)
    risk = models.CharField(
        _("risk"),
        max_length=6,
        choices=Risk.choices,
        default=Risk.MEDIUM,
        help_text=_("What a wrong answer would cost the customer or the company."),
    )
    description = models.TextField(_("description"), blank=True)

    class Meta:
        verbose_name = _("intent")
        verbose_name_plural = _("intents")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class IntentExample(models.Model):
    """A text of which somebody said what its customer wants; one row for each text."""

    class Source(models.TextChoices):
        SEED = "seed", _("from the start")
        STAFF = "staff", _("labelled by staff")
        TICKET = "ticket", _("closed ticket")

    text = models.CharField(_("text"), max_length=1000)
    intent = models.ForeignKey(
        Intent,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="examples",
        verbose_name=_("intent"),
        help_text=_("None: it belongs to no intent, which is worth learning too."),
    )
    source = models.CharField(
        _("source"), max_length=6, choices=Source.choices, default=Source.STAFF
    )
    message = models.OneToOneField(
        Message,
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="intent_example",
        verbose_name=_("message"),
        help_text=_("Where it was written; the example goes when the message does."),
    )
    labelled_by = models.ForeignKey(
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
        verbose_name = _("example of an intent")
        verbose_name_plural = _("examples of intents")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(MD5(Lower("text")), name="intent_example_once"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class IntentModel(models.Model):
    """Learned weights, what they were learned from and how good they are. One is active.

    `confusions` lists what was asked, what it was taken for and how often; `judged` keeps, by a
    fingerprint of the example, what it was and what it was taken for by weights that did not
    learn from it; that is what a later model is compared by.
    """

    is_active = models.BooleanField(_("active"), default=False)
    weights = models.BinaryField(_("weights"))
    learned_from = models.CharField(_("learned from"), max_length=64, editable=False)
    embedder = models.CharField(_("embedding model"), max_length=120)
    intents = models.PositiveIntegerField(_("intents"))
    examples = models.PositiveIntegerField(_("examples"))
    left_out = models.JSONField(
        _("left out"), default=list, blank=True, help_text=_("Intents with too few examples.")
    )
    accuracy = models.FloatField(
        _("right intent"),
        help_text=_("Of examples that the weights did not learn from, whatever the threshold."),
    )
    kept = models.FloatField(_("kept in scope"))
    none_caught = models.FloatField(_("out of scope recognised"), null=True, blank=True)
    confusions = models.JSONField(_("confusions"), default=list, blank=True)
    judged = models.JSONField(_("judged"), default=dict, blank=True, editable=False)
    seconds = models.FloatField(_("seconds"))
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("trained"))

    class Meta:
        verbose_name = _("intent model")
        verbose_name_plural = _("intent models")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="intent_model_active_once"
            )
        ]

    def __str__(self) -> str:
        return f"{show_moment(self.created_at)} · {self.accuracy:.1%}"
