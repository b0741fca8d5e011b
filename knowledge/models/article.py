import hashlib
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from knowledge.similarity import similarity_hash


class ArticleQuerySet(models.QuerySet["Article"]):
    def public(self) -> "ArticleQuerySet":
        """What customers may read today."""
        return self.valid().filter(state=Article.State.PUBLISHED, audience=Article.Audience.PUBLIC)

    def valid(self) -> "ArticleQuerySet":
        return self.exclude(valid_until__lt=timezone.localdate())


class Article(models.Model):
    """One document of the knowledge base, in Markdown."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    class Audience(models.TextChoices):
        PUBLIC = "public", _("public")
        INTERNAL = "internal", _("internal")

    slug = models.CharField(
        _("address"),
        max_length=200,
        unique=True,
        help_text=_("Its path under /help/, for example billing/change-plan."),
    )
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=400, blank=True)
    topic = models.CharField(_("topic"), max_length=100, blank=True)
    product = models.CharField(
        _("product"),
        max_length=100,
        blank=True,
        help_text=_("The product that it is about; empty means all of them."),
    )
    keywords = models.CharField(
        _("keywords"),
        max_length=500,
        blank=True,
        help_text=_("Other words that customers use, separated by commas."),
    )
    body = models.TextField(_("text"), help_text=_("Markdown."))
    language = models.CharField(_("language"), max_length=12, default="en")
    audience = models.CharField(
        _("audience"), max_length=10, choices=Audience.choices, default=Audience.PUBLIC
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PUBLISHED
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    imported_from = models.CharField(
        _("imported from"),
        max_length=500,
        blank=True,
        editable=False,
        help_text=_("Collection and file; an import archives what vanished from its collection."),
    )
    # SHA-256 of the file as last imported; empty once the file has vanished.
    import_hash = models.CharField(max_length=64, blank=True, editable=False)
    # Alike for texts that are nearly the same; see knowledge.duplicates.
    similarity_hash = models.BigIntegerField(null=True, editable=False)
    # What the passages were made from; differs from `fingerprint()` while they are out of date.
    indexed_fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    # What staff should know of this text, a sentence a line; see knowledge.inspection.
    findings = models.TextField(_("findings"), blank=True, editable=False)
    checked_on = models.DateField(
        _("checked on"),
        null=True,
        blank=True,
        help_text=_("The day on which somebody last made sure that it is true."),
    )
    valid_until = models.DateField(
        _("valid until"),
        null=True,
        blank=True,
        help_text=_("The last day on which it is true; afterwards it is neither found nor quoted."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = ArticleQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=["import_hash", "indexed_fingerprint", "similarity_hash", "findings"]
    )

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["topic", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["imported_from"],
                condition=~Q(imported_from=""),
                name="article_one_per_file",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, **options: Any) -> None:
        fields = options.get("update_fields")
        if fields is None or "body" in fields:
            self.similarity_hash = similarity_hash(self.body)
            if fields is not None:
                options["update_fields"] = {*fields, "similarity_hash"}
        super().save(**options)

    def get_absolute_url(self) -> str:
        return reverse("knowledge:article", args=[self.slug])

    def is_public(self) -> bool:
        """Whether customers may read it today."""
        return (
            self.state == self.State.PUBLISHED
            and self.audience == self.Audience.PUBLIC
            and not self.is_expired()
        )

    def is_expired(self) -> bool:
        return self.valid_until is not None and self.valid_until < timezone.localdate()

    def move_to(self, state: str) -> bool:
        """Publishes, archives or withdraws the article; False if it was so already."""
        if self.state == state:
            return False
        self.state = state
        self.save(update_fields=["state", "updated_at"])
        return True

    def source_path(self) -> str:
        """The path of its file inside its collection, or what it would be."""
        _collection, _slash, path = self.imported_from.partition("/")
        return path or f"{self.slug}.md"

    def fingerprint(self) -> str:
        """Changes whenever the passages or their vectors have to."""
        parts = (self.title, self.summary, self.keywords, self.language, self.body)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()
