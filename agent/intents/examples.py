"""Labelled texts: what the classifier learns from, and how staff add to it."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import MD5, Lower
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
    """The title of a message's label ("": none of the intents; None: it has no label), and the
    name of the intent that the agent recognised, "" for none."""

    label: str | None
    recognised: str


def list_labels(messages: Sequence[Message]) -> dict[int, Seen]:
    """By message, of those that the agent read or somebody labelled. One query."""
    example = IntentExample.objects.filter(message=OuterRef("pk"))
    run = AgentRun.objects.filter(message=OuterRef("pk")).order_by("-pk")
    rows = (
        Message.objects.filter(
            pk__in=[message.pk for message in messages], author=Message.Author.CUSTOMER
        )
        .annotate(
            example=Subquery(example.values("pk")[:1]),
            title=Subquery(example.values("intent__title")[:1]),
            recognised=Subquery(run.values("intent")[:1]),
        )
        .values_list("pk", "example", "title", "recognised")
    )
    return {
        pk: Seen(None if example is None else title or "", recognised or "")
        for pk, example, title, recognised in rows
        if example is not None or recognised is not None
    }
