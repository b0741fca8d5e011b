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

from channels.intake import accept_event
from channels.whatsapp.arrival import event_payload
from channels.whatsapp.callbacks import apply_status
from channels.whatsapp.inbound import parse_inbound, parse_status
from channels.whatsapp.signature import read_signed
from channels.whatsapp.types import MalformedWebhook, Parameters, external_id
from crm.models import Conversation

log = structlog.get_logger(__name__)

router = Router(tags=["webhooks"])


@router.post("/webhooks/whatsapp", url_name="whatsapp-webhook", summary="A WhatsApp message")
def receive_message(request: HttpRequest) -> HttpResponse:
    """Called by Twilio, whose signature over PUBLIC_URL it needs. Keeps the message."""
    parameters = _authentic(request)
    event_id, sender = _names(parameters, request.body)
    accept_event(
        channel=Conversation.Channel.WHATSAPP,
        external_id=event_id,
        payload=event_payload(parameters),
        sender=sender,
        now=timezone.now(),
    )
    return _taken()


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


def _authentic(request: HttpRequest) -> Parameters:
    """The form, if Twilio signed it; else 403."""
    query = request.META.get("QUERY_STRING", "")
    address = f"{request.path}?{query}" if query else request.path
    parameters = read_signed(address, request.body, request.headers.get("X-Twilio-Signature"))
    if parameters is None:
        log.warning("whatsapp_signature_refused", path=request.path)
        raise HttpError(403, _("The signature is missing or wrong."))
    return parameters


def _names(parameters: Parameters, body: bytes) -> tuple[str, str]:
    """The event's id and its sender's key. What cannot be read is an event of its own, which
    the worker parks for a person."""
    try:
        message = parse_inbound(parameters)
    except MalformedWebhook:
        digest = hashlib.sha256(body).hexdigest()[:40]
        return external_id(f"malformed:{digest}"), "malformed"
    return message.external_id, sender_key(message.from_identity.value)


def _taken() -> HttpResponse:
    return HttpResponse("<Response/>", content_type="text/xml")
