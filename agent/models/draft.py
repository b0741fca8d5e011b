from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from agent.models.run import AgentRun
from crm.models import Conversation, Message, User
from crm.moments import show_moment


class DraftQuerySet(models.QuerySet["Draft"]):
    def decidable(self) -> "DraftQuerySet":
        """Open, in the turn that the agent saw, and the answer to all that waits."""
        newer = Message.objects.awaiting_answer().filter(
            conversation=OuterRef("conversation"), pk__gt=OuterRef("run__message")
        )
        return self.filter(
            ~Exists(newer),
            state=Draft.State.OPEN,
            conversation__handler=Conversation.Handler.AGENT,
            conversation__turn=F("run__turn"),
            run__message__answered_at__isnull=True,
        )


class Draft(models.Model):
    """An answer that waits for a person's approval; one open draft a conversation."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting")
        APPROVED = "approved", _("approved")
        EDITED = "edited", _("approved after editing")
        REJECTED = "rejected", _("rejected")
        OUTDATED = "outdated", _("outdated")

    run = models.OneToOneField(AgentRun, models.CASCADE, related_name="proposal")
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="drafts", verbose_name=_("conversation")
    )
    text = models.TextField(_("text"))
    sources = models.JSONField(_("sources"), default=list, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    final_text = models.TextField(_("text as sent"), blank=True)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(state="open"), name="draft_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} · {show_moment(self.created_at)}"
