"""The knowledge's sources as JSON; `config.api` mounts the router and says who is let in."""

from datetime import datetime
from typing import Annotated, Literal

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Schema, Status
from ninja.errors import HttpError
from ninja.files import UploadedFile
from pydantic import Field

from knowledge.documents import BrokenDocumentError
from knowledge.files import uploaded_files
from knowledge.models import KnowledgeSource, SourceDocument
from knowledge.sources import change_schedule, request_reading, take_uploads
from knowledge.web.addresses import RefusedAddressError, normalised

router = Router(tags=["knowledge"])

Name = Annotated[str, Field(pattern=r"^[\w.-]{1,100}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
_TOLD = 500


class ArticleOptions(Schema):
    """What documents are where they do not say so themselves."""

    audience: Literal["public", "internal"] = "public"
    language: Language = "en"
    product: Annotated[str, Field(max_length=100)] = ""
    new_articles: Literal["published", "draft"] = "published"


class UploadIn(ArticleOptions):
    collection: Name = "uploads"
    complete: bool = False


class SourceIn(ArticleOptions):
    kind: Literal["sitemap", "pages"]
    addresses: Annotated[list[str], Field(min_length=1, max_length=2000)]
    schedule: Literal["never", "hourly", "daily", "weekly"] = "never"


class RemarkOut(Schema):
    path: str
    state: str
    problem: str


class SourceOut(Schema):
    """`state` is one of new, waiting, reading, read, failed; `done` of `total` documents are done
    in the reading that goes on, or was the last."""

    name: str
    kind: str
    state: str
    problem: str
    total: int
    done: int
    skipped: int
    schedule: str
    read_at: datetime | None
    next_read_at: datetime | None


class SourceDetailOut(SourceOut):
    """`remarks` name what was skipped and why, and what else needs a look; at most 500."""

    remarks: list[RemarkOut]


@router.get("/sources", response=list[SourceOut], summary="All sources")
def list_sources(request: HttpRequest) -> QuerySet[KnowledgeSource]:
    _require(request, "view_knowledgesource")
    return _sources()


@router.get("/sources/{name}", response=SourceDetailOut, summary="One source and its remarks")
def get_source(request: HttpRequest, name: Name) -> KnowledgeSource:
    _require(request, "view_knowledgesource")
    source = get_object_or_404(_sources(), name=name)
    told = source.documents.exclude(problem="").exclude(
        state__in=[SourceDocument.State.WAITING, SourceDocument.State.UNCHANGED]
    )
    source.remarks = list(told.order_by("path")[:_TOLD])  # type: ignore[attr-defined]
    return source


@router.put("/sources/{name}", response={202: SourceOut}, summary="Add or change a website")
def put_source(request: HttpRequest, name: Name, source: SourceIn) -> Status[KnowledgeSource]:
    """Keeps the source and has it read; ask for it again to see how that goes."""
    _require(request, "add_knowledgesource", "change_knowledgesource")
    values = source.dict()
    try:
        values["addresses"] = "\n".join(normalised(address) for address in source.addresses)
    except RefusedAddressError as error:
        raise HttpError(422, str(error)) from None
    with transaction.atomic():
        kept, _made = KnowledgeSource.objects.select_for_update().get_or_create(
            name=name, defaults=values
        )
        if not kept.is_web():
            raise HttpError(409, _("A source of files has this name."))
        for field, value in values.items():
            setattr(kept, field, value)
        kept.save(update_fields=list(values))
        change_schedule(kept, now=timezone.now())
        request_reading(kept.pk, user_id=_user_id(request))
    return Status(202, _sources().get(pk=kept.pk))


@router.post("/sources/{name}/readings", response={202: SourceOut}, summary="Read a source now")
def read_source(request: HttpRequest, name: Name) -> Status[KnowledgeSource]:
    """409 if it is being read already, or holds files, which are uploaded instead."""
    _require(request, "change_knowledgesource")
    source = get_object_or_404(KnowledgeSource, name=name)
    if not request_reading(source.pk, user_id=_user_id(request)):
        raise HttpError(409, _("It is being read already, or is no website."))
    return Status(202, _sources().get(pk=source.pk))


@router.post("/files", response={202: SourceOut}, summary="Import files")
def upload_files(
    request: HttpRequest, upload: Form[UploadIn], files: File[list[UploadedFile]]
) -> Status[KnowledgeSource]:
    """Markdown, HTML, PDF, DOCX, CSV, JSON, text, or .zip of them. They are read by a job: ask for
    the source named like the `collection` to see how that goes."""
    _require(request, "add_article", "change_article")
    options = {name: getattr(upload, name) for name in ArticleOptions.model_fields}
    try:
        found = uploaded_files(files)
        if not found:
            raise BrokenDocumentError(_("There is no document of a known format in this upload."))
        source = take_uploads(
            found,
            name=upload.collection,
            complete=upload.complete,
            options=options,
            user_id=_user_id(request),
        )
    except BrokenDocumentError as error:
        raise HttpError(422, str(error)) from None
    return Status(202, _sources().get(pk=source.pk))


def _sources() -> QuerySet[KnowledgeSource]:
    skipped = Count("documents", filter=Q(documents__state=SourceDocument.State.SKIPPED))
    return KnowledgeSource.objects.annotate(skipped=skipped)


def _require(request: HttpRequest, *permissions: str) -> None:
    """403 for staff without them; the holder of the token has them all."""
    user = _user(request)
    if user is not None and not user.has_perms([f"knowledge.{name}" for name in permissions]):
        raise HttpError(403, _("Your role does not allow this."))


def _user_id(request: HttpRequest) -> int | None:
    user = _user(request)
    return user.pk if user is not None else None


def _user(request: HttpRequest) -> AbstractUser | None:
    """The member of staff who asks; None for the holder of the token."""
    asking = getattr(request, "auth", None)
    return asking if isinstance(asking, AbstractUser) else None
