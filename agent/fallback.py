"""The configured models in order, and the offline model behind them all."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from agent.metering import Account, MeteredModel
from agent.model import ChatMessage, ChatModel, Deadline, ModelError, ModelTurn, ToolSpec
from agent.redaction import RedactedModel

OFFLINE = "offline"


class FallbackModel:
    """Asks the first model that still answers; one that failed is not asked again in this run.

    What is left of the deadline is shared out evenly, so that a model that hangs leaves time for
    the next. `failures` says who failed and why. Raises ModelError when nobody answers.
    """

    def __init__(self, models: Sequence[ChatModel]) -> None:
        self._models = list(models)
        self.failures: list[str] = []

    @property
    def name(self) -> str:
        return self._models[0].name if self._models else "none"

    @property
    def degraded(self) -> bool:
        return bool(self.failures)

    @property
    def is_offline(self) -> bool:
        """Whether only the offline model is left."""
        return self.name == OFFLINE

    def ask_first(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], deadline: Deadline
    ) -> ModelTurn:
        """One call, of the first model alone, for what may be left out. Raises ModelError."""
        return self._models[0].complete(messages, tools, deadline)

    def complete(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], deadline: Deadline
    ) -> ModelTurn:
        while self._models:
            model = self._models[0]
            try:
                return model.complete(messages, tools, deadline.share(len(self._models)))
            except ModelError as error:
                self.failures.append(f"{model.name}: {error}")
                self._models.pop(0)
        raise ModelError("; ".join(self.failures) or "No model is configured.", permanent=False)


def get_chat_model(account: Account | None = None, *, only: str | None = None) -> FallbackModel:
    """The models of LLM_MODEL and LLM_FALLBACK_MODELS, or `only` the named one, then the offline
    one; new for each run, whose calls are counted on the account."""
    models: list[ChatModel] = []
    names = [only] if only else _configured()
    if names[0] != OFFLINE:
        connect = import_string(settings.CHAT_MODELS["litellm"])
        models = [connect(name) for name in names if name != OFFLINE]
        if settings.LLM_REDACT:
            models = RedactedModel.wrap_all(models)
        models = [MeteredModel(model, account) for model in models]
    return FallbackModel([*models, import_string(settings.CHAT_MODELS[OFFLINE])()])


def load_chat_models() -> None:
    """Imports what the configured models need. A worker does so before its first job: of threads
    that import LiteLLM side by side, Python fails one so that they do not lock each other out."""
    if _configured()[0] != OFFLINE:
        import_string(settings.CHAT_MODELS["litellm"])


def _configured() -> list[str]:
    return [settings.LLM_MODEL, *settings.LLM_FALLBACK_MODELS]
