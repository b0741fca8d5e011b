"""Learns the intents anew when their examples change, and keeps what was learned before."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import numpy as np
import structlog
from django.db import connection, transaction
from django.utils.translation import gettext as _

from agent import meaning
from agent.intents.activation import activate
from agent.intents.examples import Examples, list_examples, request_training
from agent.intents.figures import Figures
from agent.intents.process import train_apart
from agent.intents.vocabulary import Floats
from agent.models import IntentModel
from knowledge.embeddings import LOCAL, get_embedder

log = structlog.get_logger(__name__)

# By how much a model may be worse than the active one on examples that both were judged on:
# less is chance, and a new intent always takes a little from its neighbours.
MARGIN = 0.01
KEPT_MODELS = 10
_BATCH = 64


def retrain(*, now: datetime, force: bool = False) -> IntentModel | None:
    """Learns from the examples as they are, apart from this process, and activates what was
    learned unless it is worse than what is active. None if there is nothing new to learn, or
    too little: then no model is active. While another process learns it only asks for another
    look half a minute later, at what changed meanwhile. Slow; no transaction may be open.

    Raises TrainingError.
    """
    with _alone() as is_alone:
        if is_alone:
            return _retrain(now=now, force=force)
    with transaction.atomic():
        request_training()
    return None


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process learns. Held by the connection, hence given back when the process
    dies: two at once would take twice the memory, and the slower one, which may have read the
    older examples, would be the one that stays."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(7207)")
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(7207)")


def _retrain(*, now: datetime, force: bool) -> IntentModel | None:
    examples = list_examples()
    if examples.intents < 2:
        IntentModel.objects.filter(is_active=True).update(is_active=False)
        return None
    newest = IntentModel.objects.defer("weights").order_by("-pk").first()
    fingerprint = hashlib.sha256(
        f"{meaning.model_name()} {examples.fingerprint}".encode()
    ).hexdigest()
    if newest and newest.learned_from == fingerprint and not force:
        return None
    started = time.monotonic()
    classifier, figures = train_apart(
        examples.texts, examples.labels, _embed(examples), embedder=meaning.model_name()
    )
    model = IntentModel(
        weights=classifier.to_bytes(),
        learned_from=fingerprint,
        embedder=classifier.embedder,
        intents=examples.intents,
        examples=len(examples.texts),
        left_out=list(examples.left_out),
        accuracy=figures.accuracy,
        kept=figures.kept,
        none_caught=figures.none_caught,
        confusions=figures.confusions,
        judged=_list_judged(examples, figures),
        seconds=round(time.monotonic() - started, 1),
        created_at=now,
    )
    _keep(model)
    log.info(
        "intents_learned", model=model.pk, active=model.is_active, accuracy=model.accuracy,
        examples=model.examples,
    )  # fmt: skip
    return model


@transaction.atomic
def _keep(model: IntentModel) -> None:
    active = IntentModel.objects.select_for_update().defer("weights").filter(is_active=True).first()
    model.save()
    worse = "" if active is None else _compare(model, active)
    if worse:
        model.note = worse
        model.save(update_fields=["note"])
    else:
        activate(model)
    old = IntentModel.objects.filter(is_active=False).order_by("-pk").values_list("pk", flat=True)
    IntentModel.objects.filter(pk__in=list(old[KEPT_MODELS:])).delete()


def _compare(model: IntentModel, active: IntentModel) -> str:
    """Why the model is worse than the active one, "" if it is not.

    Both are compared on the examples that both were judged on and whose label has not changed,
    each by weights that had not learned from them.
    """
    common = [
        key for key, (label, _taken) in model.judged.items()
        if active.judged.get(key, [None])[0] == label
    ]  # fmt: skip
    if not common:
        return ""

    def share(judged: dict[str, list[str]]) -> float:
        return sum(judged[key][0] == judged[key][1] for key in common) / len(common)

    now, before = share(model.judged), share(active.judged)
    if now >= before - MARGIN:
        return ""
    why = _(
        "Not activated: right on %(now).1f %% of %(count)d examples, the active model on"
        " %(before).1f %%."
    )
    return why % {"now": 100 * now, "before": 100 * before, "count": len(common)}


def _list_judged(examples: Examples, figures: Figures) -> dict[str, list[str]]:
    return {
        hashlib.sha256(text.lower().encode()).hexdigest()[:16]: [label, taken]
        for text, label, taken in zip(examples.texts, examples.labels, figures.judged, strict=True)
        if taken is not None
    }


def _embed(examples: Examples) -> Floats:
    """In small parts: a vector of Python's numbers is eight times as large."""
    embedder = get_embedder(LOCAL)
    parts = [
        np.array(embedder.embed(examples.texts[start : start + _BATCH]), np.float32)
        for start in range(0, len(examples.texts), _BATCH)
    ]
    return np.concatenate(parts)
