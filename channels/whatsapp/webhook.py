"""Twilio's webhooks: customers' messages, and the statuses of ours.

An authentic request is answered 200 once what it brought is kept, also where it makes no sense:
Twilio would only send it again. No session, no cookie.
"""

import hashlib

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import HttpError

from channels.group_commit import GroupCommit
from channels.intake import Arrived, accept_events
from channels.whatsapp.arrival import event_payload
from channels.whatsapp.callbacks import apply_status
from channels.whatsapp.inbound import parse_status, read_envelope
from channels.whatsapp.signature import read_signed
from channels.whatsapp.types import MalformedWebhook, Parameters, external_id
from crm.models import Conversation

log = structlog.get_logger(__name__)

router = Router(tags=["webhooks"])


@router.post("/webhooks/whatsapp", url_name="whatsapp-webhook", summary="A WhatsApp message")
def receive_message(request: HttpRequest) -> HttpResponse:
    """Called by Twilio, whose signature over PUBLIC_URL it needs. Keeps the message."""
    accept_events([_arrived(_authentic(request), request.body)])
    return _taken()


async def receive_with_others(request: HttpRequest) -> HttpResponse | None:
    """As `receive_message`, in one commit with what arrives at the same time. None if it is not
    signed; raises DatabaseError if the commit failed, perhaps for another's sake. In both cases
    `receive_message` is to be asked, which says why or keeps it alone."""
    parameters = _signed(request)
    if parameters is None:
        return None
    await _commits.keep(_arrived(parameters, request.body))
    return _taken()


_commits = GroupCommit()


@router.post(
    "/webhooks/whatsapp/status", url_name="whatsapp-status", summary="A WhatsApp message's status"
)
def receive_status(request: HttpRequest) -> HttpResponse:
    """Called by Twilio, whose signature over PUBLIC_URL it needs. Notes where a message stands."""
    parameters = _authentic(request)
    try:
        update = parse_status(parameters, request.GET.dict())
    except MalformedWebhook as problem:
        log.warning("whatsapp_status_malformed", problem=str(problem))
    else:
        apply_status(update, now=timezone.now())
    return _taken()


def sender_key(value: str) -> str:
    """A name for a sender under which jobs are put in order, without telling who it is."""
    return salted_hmac("channels.whatsapp.sender", value, algorithm="sha256").hexdigest()[:32]


def _signed(request: HttpRequest) -> Parameters | None:
    query = request.META.get("QUERY_STRING", "")
    address = f"{request.path}?{query}" if query else request.path
    return read_signed(address, request.body, request.headers.get("X-Twilio-Signature"))


def _authentic(request: HttpRequest) -> Parameters:
    """The form, if Twilio signed it; else 403."""
    parameters = _signed(request)
    if parameters is None:
        log.warning("whatsapp_signature_refused", path=request.path)
        raise HttpError(403, _("The signature is missing or wrong."))
    return parameters


def _arrived(parameters: Parameters, body: bytes) -> Arrived:
    """What cannot be read is an event of its own, which the worker parks for a person."""
    try:
        name, writer = read_envelope(parameters)
    except MalformedWebhook:
        name = external_id(f"malformed:{hashlib.sha256(body).hexdigest()[:40]}")
        sender = "malformed"
    else:
        sender = sender_key(writer.value)
    return Arrived(
        channel=Conversation.Channel.WHATSAPP,
        external_id=name,
        sender=sender,
        received_at=timezone.now(),
        payload=event_payload(parameters),
    )


def _taken() -> HttpResponse:
    return HttpResponse("<Response/>", content_type="text/xml")
