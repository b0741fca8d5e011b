from collections.abc import Sequence
from typing import TypedDict

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer, CustomerIdentifier
from crm.moments import show_moment

# What is found by words: PostgreSQL refuses a row with more than a megabyte of them, and a text of
# half a million characters may have that.
SEARCHED_TEXT = Left("text", 100_000)


class Source(TypedDict):
    """A passage's public page, as the customer is shown it under an answer."""

    title: str
    url: str


class Conversation(models.Model):
    """Messages with one customer on one channel, in one thread.

    `handler` says who speaks next. Every change of hands or reply by staff raises `turn`; the
    agent prepares an answer for the turn it saw and may record it only while that turn lasts.
    """

    class Channel(models.TextChoices):
        WEB = "web", _("web form")
        EMAIL = "email", _("e-mail")
        WHATSAPP = "whatsapp", _("WhatsApp")

    class Handler(models.TextChoices):
        AGENT = "agent", _("agent")
        STAFF = "staff", _("staff")

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="conversations", verbose_name=_("customer")
    )
    identifier = models.ForeignKey(
        CustomerIdentifier,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="conversations",
        verbose_name=_("writes from"),
        help_text=_("The address that wrote, which replies go to."),
    )
    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    handler = models.CharField(
        _("handled by"), max_length=8, choices=Handler.choices, default=Handler.AGENT
    )
    turn = models.PositiveIntegerField(_("turn"), default=0, editable=False)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="conversations",
        verbose_name=_("assigned to"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-last_message_at", "-id"]
        indexes = [
            models.Index(fields=["customer", "-last_message_at"], name="conversation_of_customer"),
            models.Index(fields=["-last_message_at", "-id"], name="conversation_newest"),
            models.Index(fields=["created_at"], name="conversation_begun"),
            models.Index(
                fields=["assigned_to", "id"],
                condition=Q(assigned_to__isnull=False),
                name="conversation_of_staff",
            ),
            GinIndex(SearchVector("subject", config="simple"), name="conversation_words"),
        ]

    def __str__(self) -> str:
        return self.subject or str(_("Conversation %(id)s")) % {"id": self.pk}


class MessageQuerySet(models.QuerySet["Message"]):
    def public(self) -> "MessageQuerySet":
        """What the customer may see: no notes, and of our replies those that were sent."""
        return self.exclude(author=Message.Author.NOTE).filter(
            Q(direction=Message.Direction.INBOUND) | Q(state=Message.State.SENT)
        )

    def awaiting_answer(self) -> "MessageQuerySet":
        return self.filter(direction=Message.Direction.INBOUND, answered_at__isnull=True)

    def citing(self, pages: Sequence[str]) -> "MessageQuerySet":
        """The agent's whose sources are on one of the pages, at whatever place of it. By an index
        over exactly this condition."""
        cited = Func(
            F("sources"),
            function="crm_cited_pages",
            output_field=ArrayField(models.TextField()),
        )
        return (
            self.filter(author=Message.Author.AGENT)
            .alias(cited=cited)
            .filter(cited__overlap=list(pages))
        )


class Message(models.Model):
    """One message as it was said; its text never changes."""

    class Direction(models.TextChoices):
        INBOUND = "in", _("from the customer")
        OUTBOUND = "out", _("to the customer")
        INTERNAL = "internal", _("internal")

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("customer")
        AGENT = "agent", _("agent")
        STAFF = "staff", _("staff")
        SYSTEM = "system", _("system")
        NOTE = "note", _("internal note")

    class Emotion(models.TextChoices):
        ANGER = "anger", _("angry")
        FRUSTRATION = "frustration", _("frustrated")
        WORRY = "worry", _("worried")
        NEUTRAL = "neutral", _("neutral")
        SATISFIED = "satisfied", _("satisfied")

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not delivered")
        CANCELLED = "cancelled", _("cancelled")

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages", verbose_name=_("conversation")
    )
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    author = models.CharField(_("author"), max_length=8, choices=Author.choices)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("staff"),
    )
    text = models.TextField(_("text"))
    full_text = models.TextField(
        _("whole text"),
        blank=True,
        help_text=_("With the quotes that `text` leaves out, where there are any."),
    )
    html = models.TextField(_("HTML, sanitised"), blank=True)
    remarks = models.JSONField(_("remarks"), default=list, blank=True)
    sources = models.JSONField(_("sources"), default=list, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    external_id = models.CharField(  # noqa: DJ001  null, since many rows have none and it is unique
        _("external id"),
        max_length=255,
        null=True,
        blank=True,
        editable=False,
        help_text=_("Channel and provider's id, which makes one message of two deliveries."),
    )
    answers = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="automatic_replies",
        verbose_name=_("answers"),
        help_text=_("The newest customer message that this automatic reply answers."),
    )
    turn = models.PositiveIntegerField(
        _("turn"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The conversation's turn that an agent's reply was written for."),
    )
    answered_at = models.DateTimeField(_("dealt with"), null=True, blank=True, editable=False)
    language = models.CharField(_("language"), max_length=12, blank=True)
    sentiment = models.FloatField(_("sentiment"), null=True, blank=True)
    emotion = models.CharField(
        _("emotion"), max_length=12, choices=Emotion.choices, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), db_index=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="message_external_id_once"),
            models.UniqueConstraint(
                fields=["answers", "author"],
                condition=~Q(state="cancelled"),
                name="message_answered_once",
            ),
            models.CheckConstraint(
                condition=Q(sentiment__isnull=True) | Q(sentiment__range=(-1.0, 1.0)),
                name="message_sentiment_in_range",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "id"], name="message_of_conversation"),
            models.Index(
                fields=["conversation"],
                condition=Q(direction="in", answered_at__isnull=True),
                name="message_awaiting_answer",
            ),
            GinIndex(SearchVector(SEARCHED_TEXT, config="simple"), name="message_words"),
        ]

    def __str__(self) -> str:
        return f"{self.get_author_display()} {show_moment(self.created_at)}"


class Attachment(models.Model):
    """A file that came with a message; kept in the database so that one commit holds both."""

    message = models.ForeignKey(
        Message, models.CASCADE, related_name="attachments", verbose_name=_("message")
    )
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    content_id = models.CharField(_("inline as"), max_length=255, blank=True)
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
