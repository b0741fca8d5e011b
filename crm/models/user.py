from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A member of staff. Roles are the groups agent, supervisor and administrator (crm.roles)."""

    public_name = models.CharField(
        _("public name"),
        max_length=80,
        blank=True,
        help_text=_("What customers see beside this person's replies."),
    )

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def name_for_customers(self) -> str:
        return self.public_name or self.first_name or str(_("Support team"))
