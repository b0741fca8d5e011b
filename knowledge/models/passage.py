from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.article import Article


class Passage(models.Model):
    """A piece of an article that can stand alone in an answer; replaced when its text changes."""

    article = models.ForeignKey(
        Article, models.CASCADE, related_name="passages", verbose_name=_("article")
    )
    position = models.PositiveIntegerField(_("position"))
    heading_path = models.CharField(_("headings"), max_length=500, blank=True)
    anchor = models.CharField(max_length=200, blank=True, editable=False)
    text = models.TextField(_("text"))
    token_count = models.PositiveIntegerField(_("tokens"))
    fingerprint = models.CharField(_("fingerprint"), max_length=64)

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        ordering = ["article_id", "position"]

    def __str__(self) -> str:
        return f"{self.article} · {self.heading_path or self.position}"
