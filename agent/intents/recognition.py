"""What a message wants, by the active model."""

import threading

import structlog

from agent import meaning
from agent.intents.classifier import Classifier, WeightsError, read_classifier
from agent.models import IntentModel
from agent.types import Intention
from crm.remembered import Remembered

log = structlog.get_logger(__name__)

_loading = threading.Lock()
_active = Remembered(
    lambda: IntentModel.objects.filter(is_active=True).values_list("pk", flat=True).first()
)
# The active model's key and weights, read once by each process.
_loaded: tuple[int, Classifier | None] | None = None


def recognise(text: str) -> Intention | None:
    """The likeliest intent of a cleaned text; None while nothing was learned, or if the weights
    belong to another embedding model or release. Which one is active is `Remembered`; loads the
    embedding model."""
    if not text:
        return None
    classifier = _get_classifier()
    if classifier is None or classifier.embedder != meaning.model_name():
        return None
    guess = classifier.guess(text, meaning.embed(text))
    return Intention(guess.label, guess.score, guess.in_scope)


def _get_classifier() -> Classifier | None:
    global _loaded  # noqa: PLW0603  one for the process, replaced when another is activated
    active = _active.get()
    if active is None:
        return None
    loaded = _loaded
    if loaded and loaded[0] == active:
        return loaded[1]
    with _loading:
        if _loaded is None or _loaded[0] != active:
            row = IntentModel.objects.filter(pk=active).values_list("weights", flat=True).first()
            try:
                classifier = None if row is None else read_classifier(bytes(row))
            except WeightsError as error:
                log.warning("intent_weights_unreadable", model=active, error=str(error))
                classifier = None
            _loaded = (active, classifier)
        return _loaded[1]
