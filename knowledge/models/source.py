from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from knowledge.models.article import Article


class KnowledgeSourceQuerySet(models.QuerySet["KnowledgeSource"]):
    def due(self, now: datetime) -> "KnowledgeSourceQuerySet":
        """What its schedule says to read now, and is not being read."""
        at_rest = [KnowledgeSource.State.READ, KnowledgeSource.State.FAILED]
        return self.filter(next_read_at__lte=now, state__in=at_rest)


class KnowledgeSource(models.Model):
    """Where articles come from: a collection of files or of web pages, read again at will.

    Its name and a document's path in it, kept in `Article.imported_from`, tie the two together.
    """

    class Kind(models.TextChoices):
        FOLDER = "folder", _("folder, read by the command")
        UPLOAD = "upload", _("uploaded files")
        SITEMAP = "sitemap", _("sitemap of a website")
        PAGES = "pages", _("list of web addresses")

    class Schedule(models.TextChoices):
        NEVER = "never", _("only when asked")
        HOURLY = "hourly", _("every hour")
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every week")

    class State(models.TextChoices):
        NEW = "new", _("not read yet")
        WAITING = "waiting", _("waiting for the worker")
        READING = "reading", _("being read")
        READ = "read", _("read")
        FAILED = "failed", _("failed")

    NEW_ARTICLES = (
        (Article.State.PUBLISHED.value, _("published at once")),
        (Article.State.DRAFT.value, _("drafts until somebody publishes them")),
    )
    WEB_KINDS = (Kind.SITEMAP, Kind.PAGES)

    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        validators=[RegexValidator(r"^[\w.-]+$", _("Use letters, digits, dots and dashes."))],
        help_text=_("Of the collection; the addresses of web pages in the help centre begin so."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    addresses = models.TextField(
        _("addresses"),
        blank=True,
        max_length=200_000,
        help_text=_("The sitemap's address, or those of the pages, one on each line."),
    )
    schedule = models.CharField(
        _("read again"), max_length=10, choices=Schedule.choices, default=Schedule.NEVER
    )
    language = models.CharField(
        _("language"),
        max_length=12,
        default="en",
        help_text=_("Of documents that do not name theirs."),
    )
    audience = models.CharField(
        _("audience"),
        max_length=10,
        choices=Article.Audience.choices,
        default=Article.Audience.PUBLIC,
    )
    product = models.CharField(_("product"), max_length=100, blank=True)
    topic = models.CharField(_("topic"), max_length=100, blank=True)
    new_articles = models.CharField(
        _("new articles are"),
        max_length=10,
        choices=NEW_ARTICLES,
        default=Article.State.PUBLISHED,
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("Owns the articles that are new."),
    )
    # Named in the history of what the next reading changes.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.NEW, editable=False
    )
    problem = models.TextField(_("problem"), blank=True, editable=False)
    total = models.PositiveIntegerField(_("documents"), default=0, editable=False)
    done = models.PositiveIntegerField(_("done"), default=0, editable=False)
    read_at = models.DateTimeField(_("last read"), null=True, editable=False)
    next_read_at = models.DateTimeField(_("next"), null=True, editable=False, db_index=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = KnowledgeSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def is_web(self) -> bool:
        return self.kind in self.WEB_KINDS

    def is_busy(self) -> bool:
        return self.state in (self.State.WAITING, self.State.READING)

    def next_after(self, now: datetime) -> datetime | None:
        """When the schedule says to read it again; None if it does not."""
        pause = {
            self.Schedule.HOURLY: timedelta(hours=1),
            self.Schedule.DAILY: timedelta(days=1),
            self.Schedule.WEEKLY: timedelta(weeks=1),
        }.get(self.Schedule(self.schedule))
        return now + pause if pause and self.is_web() else None


class SourceDocument(models.Model):
    """A file or a page of a source, and how its last reading ended."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("unchanged")
        SKIPPED = "skipped", _("skipped")
        REMOVED = "removed", _("removed")

    source = models.ForeignKey(
        KnowledgeSource, models.CASCADE, related_name="documents", verbose_name=_("source")
    )
    path = models.CharField(_("file or address"), max_length=500)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    problem = models.TextField(_("what to do"), blank=True)
    article = models.ForeignKey(
        Article,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("article"),
    )
    # How often its reading was begun; more than twice means that it ends the process.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Of an upload, until it has been read.
    content = models.BinaryField(null=True)
    media_type = models.CharField(max_length=100, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    # What the server said of the page, to ask whether it has changed since.
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(fields=["source", "path"], name="source_document_once")
        ]
        indexes = [
            models.Index(
                fields=["source", "path"],
                condition=Q(state="waiting"),
                name="source_document_waiting",
            )
        ]

    def __str__(self) -> str:
        return self.path
