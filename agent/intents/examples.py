"""Labelled texts: what the classifier learns from, and how staff add to it."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, Subquery, When
from django.db.models.functions import MD5, JSONObject, Lower
from django.utils import timezone

from agent import plaintext
from agent.intents.figures import FEWEST, NONE
from agent.models import AgentRun, Intent, IntentExample
from agent.redaction import Redactor
from config import jobs
from crm.models import Message, User

# Changes within this time are learned together.
SETTLING = timedelta(seconds=30)

Source = IntentExample.Source


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts and the names of their intents (NONE: of no intent). `left_out` are the intents with
    too few examples to learn; `fingerprint` changes with whatever is learned from."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def intents(self) -> int:
        return len(set(self.labels) - {NONE})

    @property
    def fingerprint(self) -> str:
        rows = "\n".join(
            f"{label}\t{text}" for label, text in zip(self.labels, self.texts, strict=True)
        )
        return hashlib.sha256(rows.encode()).hexdigest()


def list_examples() -> Examples:
    rows = list(IntentExample.objects.order_by("pk").values_list("text", "intent__name"))
    counts = Counter(name for _, name in rows if name)
    known = set(Intent.objects.values_list("name", flat=True))
    few = {name for name in known if counts[name] < FEWEST}
    learned = [(text, name or NONE) for text, name in rows if name not in few]
    return Examples(
        texts=tuple(text for text, _ in learned),
        labels=tuple(label for _, label in learned),
        left_out=tuple(sorted(few)),
    )


@transaction.atomic
def label_message(*, message: Message, intent: Intent | None, staff: User) -> IntentExample:
    """Keeps what the customer wrote as an example, without personal data; a label given before
    is replaced. `None` says that it belongs to no intent."""
    text = read_text(message)
    # A text has one label, whoever wrote it; a message has one example.
    same = IntentExample.objects.annotate(key=MD5(Lower("text"))).filter(
        key=hashlib.md5(text.lower().encode(), usedforsecurity=False).hexdigest()
    )
    example = (
        IntentExample.objects.filter(message=message).first()
        or same.first()
        or IntentExample(text=text, message=message)
    )
    example.intent, example.source, example.labelled_by = intent, Source.STAFF, staff
    example.save()
    request_training()
    return example


def read_text(message: Message) -> str:
    """What the message says, without personal data, as far as an example holds it."""
    return Redactor().mask(plaintext.read(plaintext.said(message.text)).shown)[:1000].strip()


def request_training() -> None:
    """Has the classifier learn again, once for all changes of the next half minute."""
    jobs.enqueue(
        "agent.train_intents",
        queue="knowledge",
        at=timezone.now() + SETTLING,
        unless_queued=True,
    )


def request_training_now() -> None:
    """Has it learn at once, even if no example has changed."""
    jobs.enqueue("agent.train_intents", queue="knowledge", force=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """The title of a message's label ("": none of the intents; None: it has no label), and that
    of the intent that the agent recognised ("": none; None: it has not read the message)."""

    label: str | None
    recognised: str | None


_example = IntentExample.objects.filter(message=OuterRef("pk"))
_run = AgentRun.objects.filter(message=OuterRef("pk")).order_by("-pk")
_recognised = Intent.objects.filter(name=OuterRef("intent"))
# Of a message, for `get_seen`; {} where the desk has no intents.
SEEN = Case(
    When(
        Q(Exists(Intent.objects.all()), author=Message.Author.CUSTOMER),
        then=JSONObject(
            labelled=Exists(_example),
            label=Subquery(_example.values("intent__title")[:1]),
            read=Exists(_run),
            recognised=Subquery(_run.values(title=Subquery(_recognised.values("title")[:1]))[:1]),
        ),
    ),
    default=JSONObject(),
)


def get_seen(read: Mapping[str, Any]) -> Seen:
    """What `SEEN` read of a message."""
    return Seen(
        label=(read["label"] or "") if read.get("labelled") else None,
        recognised=(read["recognised"] or "") if read.get("read") else None,
    )
