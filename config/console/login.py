"""Signing in to the console, no more often than a person who mistypes would try."""

import hashlib
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from django.contrib.admin.forms import AdminAuthenticationForm as AuthenticationForm
else:
    from unfold.forms import AuthenticationForm

_SECONDS = 300
# Of one client for one name; of one client; for one name. The last two are wider, so that neither
# an office behind one address nor somebody else's attempts lock a person out at once.
_LIMITS = (10, 50, 50)


class LoginForm(AuthenticationForm):
    """Refuses before the password is looked at, and says how long to wait."""

    def clean(self) -> dict[str, Any]:
        # Imported late: they have models, which are not loaded when the site is made.
        from channels.throttle import allow
        from channels.web.clients import client_key

        client = client_key(self.request) if self.request else ""
        typed = str(self.cleaned_data.get("username", "")).lower()
        name = hashlib.sha256(typed.encode()).hexdigest()[:32]
        now = timezone.now()
        keys = (f"login:{client}:{name}", f"login:{client}", f"login::{name}")
        wait = max(
            allow(key, (count, _SECONDS), now=now) for key, count in zip(keys, _LIMITS, strict=True)
        )
        if wait:
            text = ngettext(
                "Too many attempts to sign in. Try again in %(seconds)d second.",
                "Too many attempts to sign in. Try again in %(seconds)d seconds.",
                wait,
            )
            raise ValidationError(text % {"seconds": wait})
        return super().clean()
