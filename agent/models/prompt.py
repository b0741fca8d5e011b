import hashlib

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agent.placeholders import PLACEHOLDERS, find_unknown
from crm.models import User

MAX_PROMPT = 20_000


class Prompt(models.Model):
    """Something that models are told, by the name that the code asks for it."""

    name = models.SlugField(_("name"), max_length=40, unique=True, editable=False)
    description = models.CharField(_("what it is for"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PromptVersion(models.Model):
    """One wording of a prompt. It never changes once it was used; a change is a new version.

    One version is active. Another may be on trial, with a share of the conversations.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        TRIAL = "trial", _("on trial")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")

    prompt = models.ForeignKey(
        Prompt, models.CASCADE, related_name="versions", verbose_name=_("prompt")
    )
    number = models.PositiveIntegerField(_("version"), editable=False)
    text = models.TextField(
        _("text"),
        max_length=MAX_PROMPT,
        help_text=_("What may stand in it: %(names)s")
        % {"names": ", ".join(f"{{{{ {name} }}}}" for name in PLACEHOLDERS)},
    )
    note = models.CharField(_("what changed"), max_length=200, blank=True)
    author = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("author"),
    )
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.DRAFT, editable=False
    )
    share = models.PositiveSmallIntegerField(
        _("share of the conversations, in %"), default=0, editable=False
    )
    created_at = models.DateTimeField(_("created"), editable=False)
    activated_at = models.DateTimeField(_("last active from"), null=True, editable=False)
    scored_on = models.CharField(_("test set"), max_length=200, blank=True, editable=False)
    right = models.PositiveIntegerField(_("cases right"), null=True, editable=False)
    total = models.PositiveIntegerField(_("cases"), null=True, editable=False)
    scored_with = models.CharField(_("scored with"), max_length=120, blank=True, editable=False)
    scored_at = models.DateTimeField(_("scored"), null=True, editable=False)

    class Meta:
        verbose_name = _("prompt version")
        verbose_name_plural = _("prompt versions")
        ordering = ["prompt", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["prompt", "number"], name="prompt_version_once"),
            models.UniqueConstraint(
                fields=["prompt"], condition=Q(state="active"), name="prompt_active_once"
            ),
            models.UniqueConstraint(
                fields=["prompt"], condition=Q(state="trial"), name="prompt_trial_once"
            ),
            models.CheckConstraint(
                condition=Q(state="trial", share__range=(1, 99)) | (~Q(state="trial") & Q(share=0)),
                name="prompt_share_of_trial",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prompt} {self.number}"

    def clean(self) -> None:
        """Raises ValidationError for an empty text and a placeholder that nothing is put into."""
        if not self.text.strip():
            raise ValidationError({"text": _("It says nothing.")})
        unknown = find_unknown(self.text)
        if unknown:
            raise ValidationError(
                {
                    "text": _("Nothing is known by this name: %(names)s")
                    % {"names": ", ".join(unknown)}
                }
            )

    @property
    def may_change(self) -> bool:
        """Whether no run can have used it yet."""
        return self.state == self.State.DRAFT and self.activated_at is None

    def is_tried_on(self, conversation_id: int) -> bool:
        """Whether the conversation falls into the trial's share: always the same answer for one
        conversation, and for a greater share those of the smaller one and more."""
        digest = hashlib.sha256(f"{self.pk}:{conversation_id}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % 100 < self.share
