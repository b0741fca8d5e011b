from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Briefing(models.Model):
    """What a model is told of the company: who it is and how it speaks. One row."""

    profile = models.TextField(_("company profile"), blank=True)
    voice = models.TextField(_("voice"), blank=True)
    tone_web = models.TextField(_("tone on the web"), blank=True)
    tone_email = models.TextField(_("tone in e-mails"), blank=True)
    tone_whatsapp = models.TextField(_("tone on WhatsApp"), blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("briefing")
        verbose_name_plural = _("briefing")

    def __str__(self) -> str:
        return str(_("Company and voice"))

    def get_tone(self, channel: str) -> str:
        return str(getattr(self, f"tone_{channel}", ""))
