"""What staff ask of sources: to be read, now or by schedule, and to take uploads."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from config.jobs import enqueue, has_job
from knowledge.documents import BrokenDocumentError, Defaults
from knowledge.files import SourceFile
from knowledge.ingestion import archive_missing
from knowledge.models import KnowledgeSource, SourceDocument

State = KnowledgeSource.State
_LOCK = "knowledge-source-"


def defaults_of(source: KnowledgeSource) -> Defaults:
    """What its documents are where they do not say so themselves."""
    return Defaults(
        language=source.language,
        audience=source.audience,
        product=source.product,
        topic=source.topic,
        state=source.new_articles,
    )


@transaction.atomic
def request_reading(source_id: int, *, user_id: int | None = None) -> bool:
    """Has the worker read the source of web pages anew, in the name of the user who asks. False
    if it is at it already, or they are no web pages."""
    asked = (
        KnowledgeSource.objects.filter(pk=source_id, kind__in=KnowledgeSource.WEB_KINDS)
        .exclude(state__in=[State.WAITING, State.READING])
        .update(
            state=State.WAITING,
            problem="",
            total=0,
            done=0,
            next_read_at=None,
            asked_by_id=user_id,
        )
    )
    if asked:
        enqueue_reading(source_id)
    return bool(asked)


@transaction.atomic
def change_schedule(source: KnowledgeSource, *, now: datetime) -> None:
    """After the source was changed: pages are asked for anew and wholly, since what they become
    may differ, and the next reading is when the schedule says."""
    source.documents.update(etag="", last_modified="")
    KnowledgeSource.objects.filter(pk=source.pk).exclude(
        state__in=[State.NEW, State.WAITING, State.READING]
    ).update(next_read_at=source.next_after(source.read_at or now))


def request_due(now: datetime) -> int:
    """Requests what its schedule says to read, and goes on with what lost its job; returns how
    many. Run every few minutes."""
    due = list(KnowledgeSource.objects.due(now).values_list("pk", flat=True))
    requested = sum(request_reading(pk) for pk in due)
    lock = Concat(Value(_LOCK), Cast(OuterRef("pk"), TextField()))
    lost = KnowledgeSource.objects.filter(
        ~has_job(lock=lock), state__in=[State.WAITING, State.READING]
    ).exclude(kind=KnowledgeSource.Kind.FOLDER)
    for pk in list(lost.values_list("pk", flat=True)):
        with transaction.atomic():
            enqueue_reading(pk)
            requested += 1
    return requested


def take_uploads(
    files: Sequence[SourceFile],
    *,
    name: str,
    complete: bool,
    options: dict[str, object],
    user_id: int | None = None,
) -> KnowledgeSource:
    """Keeps the files until the worker has read them, in the source of that name, which is made
    or, with `options`, changed. A file that cannot be unpacked is kept with its reason.

    If they are the `complete` collection, articles whose file is not among them are archived.
    Raises BrokenDocumentError if a source of another kind has the name.
    """
    with transaction.atomic():
        kind = KnowledgeSource.Kind.UPLOAD
        source, _made = KnowledgeSource.objects.select_for_update().get_or_create(
            name=name, defaults={**options, "kind": kind}
        )
        if source.kind != kind:
            raise BrokenDocumentError(
                _("%(name)s is a source of another kind: choose another name.") % {"name": name}
            )
        for field, value in {**options, "asked_by_id": user_id}.items():
            setattr(source, field, value)
        paths = {file.path for file in files}
        if complete:
            source.documents.exclude(path__in=paths).delete()
        for file in files:
            _keep(source, file)
        waiting = source.documents.filter(state=SourceDocument.State.WAITING).count()
        source.total, source.done, source.problem = waiting, 0, ""
        source.state = State.READING
        source.save()
        if complete:
            archive_missing(name, paths)
        enqueue_reading(source.pk)
    return source


def enqueue_reading(source_id: int) -> None:
    """In the caller's transaction. The jobs of one source follow each other."""
    enqueue(
        "knowledge.read_source",
        lock=f"{_LOCK}{source_id}",
        queue="knowledge",
        source_id=source_id,
    )


def _keep(source: KnowledgeSource, file: SourceFile) -> None:
    values: dict[str, object] = {
        "state": SourceDocument.State.WAITING,
        "problem": "",
        "attempts": 0,
        "content": None,
    }
    try:
        values["content"] = file.read()
    except BrokenDocumentError as error:
        values |= {"state": SourceDocument.State.SKIPPED, "problem": str(error)}
    SourceDocument.objects.update_or_create(source=source, path=file.path[:500], defaults=values)
