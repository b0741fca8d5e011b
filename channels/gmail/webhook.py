"""Pub/Sub's push: the mailbox changed. A hint, for the sync job fetches what did."""

import hashlib

import structlog
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import HttpError

from channels.gmail import trouble
from channels.gmail.account import get_account
from channels.gmail.automatic import plain_address
from channels.gmail.mailbox import PUSH_PREFIX, request_sync
from channels.gmail.push import (
    MalformedPush,
    PushNotification,
    PushRefused,
    parse_push,
    verify_push,
)
from channels.models import InboundEvent
from crm.models import Conversation

log = structlog.get_logger(__name__)

router = Router(tags=["webhooks"])
State = InboundEvent.State


@router.post("/webhooks/gmail", url_name="gmail-webhook", summary="New mail at Gmail")
def receive_push(request: HttpRequest) -> HttpResponse:
    """Called by Cloud Pub/Sub, whose signed token it needs. Keeps the notification and the job
    that follows it in one commit, and acknowledges: 204.

    A push that can never be used is kept for a person and acknowledged too, for it would come
    again for ever. CertsUnavailable is answered 503 (`config.api`), so that it does.
    """
    try:
        verify_push(request.headers.get("Authorization"))
    except PushRefused as why:
        log.warning("gmail_push_refused", why=str(why))
        raise HttpError(PushRefused.status, _("The token is missing or not valid.")) from None
    try:
        push = parse_push(request.body)
    except MalformedPush as problem:
        _park(_digest(request.body), str(problem), body=request.body)
    else:
        _follow(push, body=request.body)
    return HttpResponse(status=204)


@transaction.atomic
def _follow(push: PushNotification, *, body: bytes) -> None:
    key = push.pubsub_message_id or _digest(body)
    if plain_address(push.email_address) != plain_address(get_account().support_address):
        _park(key, _("It is about another mailbox than GMAIL_SUPPORT_ADDRESS."), body=body)
        return
    _store(key, state=State.PROCESSED, payload={"history_id": push.history_id})
    request_sync()


@transaction.atomic
def _park(key: str, problem: str, *, body: bytes) -> None:
    if _store(key, state=State.PARKED, problem=problem, raw=body[:100_000]):
        trouble.report_push(problem, now=timezone.now())


def _store(
    key: str,
    *,
    state: str,
    problem: str = "",
    payload: dict[str, int] | None = None,
    raw: bytes | None = None,
) -> bool:
    """False for one that came before."""
    name = f"{PUSH_PREFIX}{key}"[:255]
    known = InboundEvent.objects.filter(external_id=name).exists()
    InboundEvent.objects.bulk_create(
        [
            InboundEvent(
                channel=Conversation.Channel.EMAIL,
                external_id=name,
                payload=payload or {},
                raw=raw,
                state=state,
                problem=problem,
                received_at=timezone.now(),
            )
        ],
        ignore_conflicts=True,
    )
    return not known


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:40]
