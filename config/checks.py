"""System checks: wrong configuration is a sentence that says what to set."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
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


@register
def gmail_is_complete(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E-mail needs the mailbox and one way to sign in to it, or none of it."""
    client = ("GMAIL_CLIENT_ID", "GMAIL_CLIENT_SECRET", "GMAIL_REFRESH_TOKEN")
    file = settings.GMAIL_SERVICE_ACCOUNT_FILE
    names = ("GMAIL_SUPPORT_ADDRESS", *(() if file else client))
    missing = [name for name in names if not getattr(settings, name)]
    if missing and (file or len(missing) < len(names)):
        sentence = (
            f"{', '.join(missing)} is not set. E-mail needs GMAIL_SUPPORT_ADDRESS with "
            f"{', '.join(client)} or with GMAIL_SERVICE_ACCOUNT_FILE, or none of them."
        )
        return [Error(sentence, id="allhours.E004")]
    if file and not Path(file).is_file():
        sentence = f"GMAIL_SERVICE_ACCOUNT_FILE is {file!r}, which is no file. Set it to one."
        return [Error(sentence, id="allhours.E004")]
    return []


@register
def embedding_model_is_usable(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """One model is named, in a form that can be opened; what opens it is loaded at its use."""
    model, path = settings.EMBEDDING_MODEL, settings.EMBEDDING_MODEL_PATH
    if not re.fullmatch(r"[\w.-]+(/[\w.:@-]+)*", model):
        sentence = (
            f"EMBEDDING_MODEL is {model!r}. Set it to local or to the LiteLLM name of an embedding "
            "model, such as openai/text-embedding-3-small."
        )
        return [Error(sentence, id="allhours.E003")]
    if path and model != "local":
        sentence = f"EMBEDDING_MODEL_PATH and EMBEDDING_MODEL={model} name two models. Unset one."
        return [Error(sentence, id="allhours.E003")]
    missing = [
        name for name in ("model.onnx", "tokenizer.json") if not (Path(path) / name).is_file()
    ]
    if path and missing:
        sentence = (
            f"EMBEDDING_MODEL_PATH is {path!r}, which has no {' and no '.join(missing)}. Set it to "
            "the folder of an ONNX model, or unset it."
        )
        return [Error(sentence, id="allhours.E003")]
    return []


@register
def model_has_its_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A warning, since without its key there is something that stands in for a model."""
    answering = "the offline model answers, and hands over what it cannot"
    chat = (settings.LLM_MODEL, *settings.LLM_FALLBACK_MODELS)
    used = [
        *((name, answering) for name in chat),
        (settings.EMBEDDING_MODEL, "search goes by words"),
    ]
    found: list[CheckMessage] = []
    for name, instead in used:
        variables = next(
            (keys for start, keys in _MODEL_KEYS.items() if name.startswith(start)), ()
        )
        if variables and not any(os.environ.get(variable) for variable in variables):
            sentence = (
                f"{name} needs {' or '.join(variables)}, which is not set. Set it; until then "
                f"{instead}."
            )
            found.append(checks.Warning(sentence, id="allhours.W002"))
    return found


# By how LiteLLM's names begin, the variables of which one is needed; of others nothing is known.
_MODEL_KEYS: dict[str, tuple[str, ...]] = {
    "openai/": ("OPENAI_API_KEY",),
    "text-embedding-": ("OPENAI_API_KEY",),
    "gpt-": ("OPENAI_API_KEY",),
    "anthropic/": ("ANTHROPIC_API_KEY",),
    "claude-": ("ANTHROPIC_API_KEY",),
    "gemini/": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "azure/": ("AZURE_API_KEY", "AZURE_AD_TOKEN"),
    "mistral/": ("MISTRAL_API_KEY",),
    "groq/": ("GROQ_API_KEY",),
    "cohere/": ("COHERE_API_KEY",),
    "deepseek/": ("DEEPSEEK_API_KEY",),
    "openrouter/": ("OPENROUTER_API_KEY",),
    "together_ai/": ("TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"),
    "xai/": ("XAI_API_KEY",),
}
