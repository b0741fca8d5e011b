"""System checks: wrong configuration is a sentence that says what to set."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from config import environment


@register
def environment_is_valid(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    return [Error(sentence, id="allhours.E001") for sentence in environment.problems]
