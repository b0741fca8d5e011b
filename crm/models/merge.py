from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models.conversation import Conversation, Message
from crm.models.customer import Customer, CustomerIdentifier


class CustomerMerge(models.Model):
    """Two customers found to be one person: what `merged` had is `survivor`'s until it is undone.

    With its `MergedItem` rows it is the exact record that un-merging needs. `filled` holds the
    survivor's fields that were empty and got the merged customer's value. `by` is null where
    the customer proved it.
    """

    survivor = models.ForeignKey(
        Customer, models.PROTECT, related_name="merges", verbose_name=_("remains")
    )
    merged = models.ForeignKey(
        Customer, models.PROTECT, related_name="merges_away", verbose_name=_("merged")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"))
    reason = models.TextField(_("reason"), blank=True)
    filled = models.JSONField(_("fields that were filled"), default=dict, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="merge_standing_once"
            ),
            models.CheckConstraint(
                condition=~Q(survivor=F("merged")), name="merge_of_two_customers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merged} → {self.survivor}"


class MergedItem(models.Model):
    """One identifier or conversation that a merge moved.

    `returned_at` is set when it is moved no longer by this merge: it was undone, or an earlier
    one in the chain, or the address turned out to be somebody else's.
    """

    merge = models.ForeignKey(
        CustomerMerge, models.CASCADE, related_name="items", verbose_name=_("merge")
    )
    identifier = models.ForeignKey(
        CustomerIdentifier,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="moves",
        verbose_name=_("identifier"),
    )
    conversation = models.ForeignKey(
        Conversation,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="moves",
        verbose_name=_("conversation"),
    )
    returned_at = models.DateTimeField(_("returned"), null=True, blank=True)

    class Meta:
        verbose_name = _("moved")
        verbose_name_plural = _("moved")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(identifier__isnull=True) ^ Q(conversation__isnull=True),
                name="merged_item_is_one_thing",
            ),
            models.UniqueConstraint(fields=["merge", "identifier"], name="merged_identifier_once"),
            models.UniqueConstraint(
                fields=["merge", "conversation"], name="merged_conversation_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merge_id}: {self.identifier_id or self.conversation_id}"


class MergeSuggestion(models.Model):
    """Two customers who may be one person; staff decide. `first` is the older one.

    `evidence` is a sentence without any text of a message. `identifier` is the address that
    `message` names, which its writer may be asked to prove.
    """

    class Source(models.TextChoices):
        MENTION = "mention", _("address in a message")
        CODE = "code", _("confirmed by an unproven writer")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")

    first = models.ForeignKey(
        Customer, models.CASCADE, related_name="+", verbose_name=_("customer")
    )
    second = models.ForeignKey(
        Customer, models.CASCADE, related_name="+", verbose_name=_("other customer")
    )
    evidence = models.CharField(_("evidence"), max_length=500)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    identifier = models.ForeignKey(
        CustomerIdentifier, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(_("created"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"], condition=Q(state="open"), name="suggestion_open_once"
            ),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="suggestion_pair_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} = {self.second}?"
