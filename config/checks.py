"""System checks: wrong configuration is a sentence that says what to set."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from config import environment


@register
def environment_is_valid(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    return [Error(sentence, id="allhours.E001") for sentence in environment.problems]


@register
def twilio_is_complete(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """WhatsApp needs all of its variables or none, and Twilio signs over an https address."""
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_FROM")
    missing = [name for name in names if not getattr(settings, name)]
    if len(missing) == len(names):
        return []
    if missing:
        sentence = f"{', '.join(missing)} is not set. WhatsApp needs {', '.join(names)}, or none."
        return [Error(sentence, id="allhours.E002")]
    if not settings.PUBLIC_URL.startswith("https://") and "twilio.com" in settings.TWILIO_API_BASE:
        sentence = (
            f"PUBLIC_URL is {settings.PUBLIC_URL!r}. Set it to the https address that Twilio "
            "calls: webhooks that are signed for another one are refused."
        )
        return [checks.Warning(sentence, id="allhours.W001")]
    return []
