from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _


class Customer(models.Model):
    """One person on every channel; what identifies them are their `CustomerIdentifier` rows."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=12, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged_customers",
        verbose_name=_("merged into"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["language"], name="customer_language"),
            GinIndex(SearchVector("name", "company", config="simple"), name="customer_words"),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Customer %(id)s")) % {"id": self.pk}


class CustomerIdentifier(models.Model):
    """An address that one customer, and no other, is reached by.

    `value` is normalised (`crm.identity`) and unique within its kind; `address` is what the
    customer wrote, and what is sent to.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        PHONE = "phone", _("phone")
        WHATSAPP = "whatsapp", _("WhatsApp id")

    class Trust(models.IntegerChoices):
        """How sure we are that who writes from here is who owns it; only ever rises."""

        UNVERIFIED = 0, _("typed by somebody")
        SEEN = 1, _("address seen")
        AUTHENTICATED = 2, _("sender authenticated")
        CONFIRMED = 3, _("confirmed by code or link")

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="identifiers", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    value = models.CharField(_("normalised"), max_length=254)
    address = models.CharField(_("address"), max_length=254)
    trust = models.PositiveSmallIntegerField(
        _("trust"), choices=Trust.choices, default=Trust.UNVERIFIED
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="identifier_belongs_to_one")
        ]
        # Addresses are looked for by how they begin, or end: by a domain, a number's last digits.
        indexes = [
            models.Index(OpClass("value", name="varchar_pattern_ops"), name="identifier_beginning"),
            models.Index(
                OpClass(Reverse("value"), name="text_pattern_ops"), name="identifier_ending"
            ),
        ]

    def __str__(self) -> str:
        return self.address
