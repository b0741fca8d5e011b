"""The support form for programs: the same rules as the page, in JSON."""

import uuid
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from ninja.errors import Throttled, ValidationError
from pydantic import Field

from channels.throttle import allow, widen
from channels.web.clients import client_key
from channels.web.forms import (
    EMAIL_MAX,
    MESSAGE_MAX,
    NAME_MAX,
    PHONE_MAX,
    SUBJECT_MAX,
    SupportForm,
)
from channels.web.payload import read_texts
from channels.web.submission import submit_question
from tickets.models import Ticket

router = Router(tags=["support"])

_KEYS = uuid.UUID("5f0c8a86-3d4b-4d8e-9a52-6a3a1f2f9b10")


class QuestionIn(Schema):
    """For the documentation; the rules themselves are the form's."""

    name: str = Field(max_length=NAME_MAX)
    email: str = Field(max_length=EMAIL_MAX, json_schema_extra={"format": "email"})
    subject: str = Field(min_length=1, max_length=SUBJECT_MAX)
    category: Ticket.Category
    message: str = Field(min_length=1, max_length=MESSAGE_MAX)
    priority: Ticket.Priority = Ticket.Priority.NORMAL
    phone: str = Field("", max_length=PHONE_MAX)


class QuestionOut(Schema):
    ticket_id: str
    status: str
    message: str
    created_at: datetime
    status_url: str
    access_key: str


@router.post(
    "/support/form",
    response={201: QuestionOut},
    url_name="support-form",
    summary="Ask a question",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": QuestionIn.json_schema()}},
        },
        "parameters": [
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": False,
                "schema": {"type": "string"},
                "description": "The same key with the same question gives the same ticket.",
            }
        ],
    },
)
def ask_question(request: HttpRequest) -> Status[QuestionOut]:
    """Opens a ticket and lets the agent answer it. Keep `access_key`: it opens the ticket."""
    now, key = timezone.now(), client_key(request)
    wait = allow(f"form-any:{key}", widen(settings.FORM_RATE_LIMIT), now=now)
    if wait:
        raise Throttled(wait)
    texts = read_texts(request)
    idempotency_key = request.headers.get("Idempotency-Key")
    texts["token"] = str(uuid.uuid5(_KEYS, idempotency_key)) if idempotency_key else ""
    form = SupportForm(texts)
    if not form.is_valid():
        raise ValidationError(
            [
                {"type": "value_error", "loc": ("body", name), "msg": str(problem)}
                for name, problems in form.errors.items()
                for problem in problems
            ]
        )
    wait = allow(f"form:{key}", settings.FORM_RATE_LIMIT, now=now)
    if wait:
        raise Throttled(wait)
    submission = form.submission(language=get_language() or "")
    ticket = submit_question(submission=submission, now=now)
    created = QuestionOut(
        ticket_id=ticket.reference,
        status="received",
        message=_("We have your question. The answer appears on its status page."),
        created_at=ticket.created_at,
        status_url=ticket.status_url,
        access_key=ticket.access_key,
    )
    return Status(201, created)
