from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Conversation


class ChannelConfig(models.Model):
    """How a channel speaks; edited in the console.

    Greeting and signature stand around every mail, also the one that tells of a reply on the
    status page; a chat is greeted at its first message. Only WhatsApp splits a text or needs a
    template. The tone is the agent's (`agent.models.Briefing`).
    """

    channel = models.CharField(
        _("channel"), max_length=16, choices=Conversation.Channel.choices, unique=True
    )
    enabled = models.BooleanField(
        _("enabled"),
        default=True,
        help_text=_("Switched off, messages are still taken in, and nothing is sent."),
    )
    greeting = models.CharField(_("greeting"), max_length=200, blank=True)
    signature = models.TextField(_("signature"), blank=True)
    length_limit = models.PositiveIntegerField(
        _("longest part in characters"),
        null=True,
        blank=True,
        help_text=_("A longer message is split. WhatsApp takes 1,600 at most."),
    )
    daily_cap = models.PositiveIntegerField(
        _("automatic replies to one sender a day"),
        null=True,
        blank=True,
        help_text=_("Beyond it a person decides, which stops loops between machines."),
    )
    template_id = models.CharField(
        _("approved template"),
        max_length=64,
        blank=True,
        help_text=_("Sent outside WhatsApp's 24-hour window; it asks the customer to write."),
    )

    class Meta:
        verbose_name = _("channel settings")
        verbose_name_plural = _("channel settings")

    def __str__(self) -> str:
        return self.get_channel_display()
