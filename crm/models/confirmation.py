from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from crm.models.conversation import Conversation
from crm.models.customer import CustomerIdentifier
from crm.moments import show_moment


class ConfirmationQuerySet(models.QuerySet["ConfirmationCode"]):
    def waiting(self, now: datetime) -> "ConfirmationQuerySet":
        """What its owner may still answer: the newest one of its address."""
        newer = ConfirmationCode.objects.filter(
            identifier=OuterRef("identifier"), pk__gt=OuterRef("pk")
        )
        return self.filter(
            ~Exists(newer),
            used_at__isnull=True,
            declined_at__isnull=True,
            link_expires_at__gt=now,
        )

    def waiting_for_code(self, now: datetime) -> "ConfirmationQuerySet":
        return (
            self.waiting(now).filter(expires_at__gt=now, attempts_left__gt=0).exclude(code_hash="")
        )


class ConfirmationCode(models.Model):
    """A question to the owner of an e-mail address: is it yours?

    `code_hash` is keyed with the application's secret; "" until the code is mailed.
    `conversation` is where somebody claims the address, null if only the address itself is to be
    confirmed. `entered_in` is the conversation that the code came back in, null if it was
    answered on the page.
    """

    class Purpose(models.TextChoices):
        CONFIRM = "confirm", _("confirm the address")
        JOIN = "join", _("join it with another channel")

    identifier = models.ForeignKey(
        CustomerIdentifier,
        models.CASCADE,
        related_name="confirmations",
        verbose_name=_("identifier"),
    )
    purpose = models.CharField(_("purpose"), max_length=8, choices=Purpose.choices)
    conversation = models.ForeignKey(
        Conversation,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="confirmations",
        verbose_name=_("claimed in"),
    )
    language = models.CharField(_("language"), max_length=12, blank=True)
    code_hash = models.CharField(_("code"), max_length=64, blank=True)
    attempts_left = models.PositiveSmallIntegerField(_("attempts left"), default=5)
    expires_at = models.DateTimeField(_("code expires"))
    link_expires_at = models.DateTimeField(_("link expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    declined_at = models.DateTimeField(_("declined"), null=True, blank=True)
    entered_in = models.ForeignKey(
        Conversation, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created"))

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["identifier", "-created_at"], name="confirmation_of_identifier"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {show_moment(self.created_at)}"
