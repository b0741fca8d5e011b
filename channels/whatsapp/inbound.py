"""Webhooks of the provider as messages and status updates.

New parameters appear unannounced (Twilio, "Twilio's request to your incoming message webhook"),
and WhatsApp grows new kinds of messages: whatever is not known becomes a placeholder, so that
the channel goes on. Names are taken as documented; the first of a repeated name counts.
"""

import re
from collections.abc import Iterable, Mapping

from channels.whatsapp.numbers import identify, is_user_id
from channels.whatsapp.placeholders import describe
from channels.whatsapp.sending import TOKEN_PARAMETER
from channels.whatsapp.types import (
    Identity,
    InboundWhatsApp,
    Kind,
    MalformedWebhook,
    MediaRef,
    Parameters,
    StatusUpdate,
    external_id,
)

_MEDIA_URL = re.compile(r"MediaUrl(\d{1,3})")
_CARD_TYPES = ("text/vcard", "text/x-vcard", "text/directory")
_BUTTON_NAMES = ("ButtonText", "ButtonPayload", "ListTitle", "ListId")


def parse_inbound(parameters: Iterable[tuple[str, str]]) -> InboundWhatsApp:
    """One customer message. Raises MalformedWebhook without an id or a sender."""
    kept = clean_parameters(parameters)
    values = _first_values(kept)
    media = _media(values)
    kind = _kind(values, media)
    identity, further = _identities(values)
    return InboundWhatsApp(
        message_sid=_message_sid(values),
        from_identity=identity,
        further_identities=further,
        to=values.get("To", "").strip(),
        profile_name=values.get("ProfileName", "").strip()[:200],
        wa_id=values.get("WaId", "").strip()[:200],
        kind=kind,
        text=describe(kind, values, media),
        media=media,
        replied_to_sid=values.get("OriginalRepliedMessageSid", "").strip(),
        parameters=kept,
    )


def read_envelope(parameters: Iterable[tuple[str, str]]) -> tuple[str, Identity]:
    """What `parse_inbound` says of the message's `external_id` and of its sender, at a fraction
    of the work. Raises MalformedWebhook where that does."""
    values = _first_values(clean_parameters(parameters))
    sid = _message_sid(values)
    identity, _further = _identities(values)
    return external_id(sid), identity


def parse_status(parameters: Iterable[tuple[str, str]], query: Mapping[str, str]) -> StatusUpdate:
    """One status callback; `query` is of the address that it came to.

    Raises MalformedWebhook without an id or a status.
    """
    values = _first_values(clean_parameters(parameters))
    status = (values.get("MessageStatus") or values.get("SmsStatus") or "").strip().lower()
    if not status:
        raise MalformedWebhook("The callback names no status.")
    code = values.get("ErrorCode", "").strip()
    return StatusUpdate(
        message_sid=_message_sid(values),
        status=status[:32],
        error_code=int(code) if re.fullmatch(r"[0-9]{1,9}", code) else None,
        error_message=values.get("ErrorMessage") or values.get("ChannelStatusMessage") or "",
        delivery_token=query.get(TOKEN_PARAMETER, "").replace("\0", ""),
    )


def clean_parameters(parameters: Iterable[tuple[str, str]]) -> Parameters:
    """The parameters without NUL and lone surrogates, which PostgreSQL refuses."""
    return tuple((_clean(name), _clean(value)) for name, value in parameters)


def _clean(text: str) -> str:
    if text.isascii() and "\0" not in text:  # nearly every one
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _first_values(parameters: Parameters) -> dict[str, str]:
    return dict(reversed(parameters))


def _message_sid(values: Mapping[str, str]) -> str:
    for name in ("MessageSid", "SmsMessageSid", "SmsSid"):
        if sid := values.get(name, "").strip():
            return sid[:64]
    raise MalformedWebhook("The webhook names no message.")


def _identities(values: Mapping[str, str]) -> tuple[Identity, tuple[Identity, ...]]:
    """Who wrote, and the other addresses that come along: with a phone number the id that
    Twilio adds as ExternalUserId, where From is missing what else there is."""
    found: dict[Identity, None] = {}
    for name in ("From", "WaId", "ExternalUserId"):
        value = values.get(name, "").strip()
        # WaId is a number's digits; of a person without a number it says nothing of its own.
        if name == "WaId" and found and not is_user_id(value):
            continue
        try:
            found[identify(value)] = None
        except ValueError:
            continue
    if not found:
        raise MalformedWebhook("The webhook names no sender.")
    first, *others = found
    return first, tuple(others)


def _media(values: Mapping[str, str]) -> tuple[MediaRef, ...]:
    numbers = sorted(int(match[1]) for name in values if (match := _MEDIA_URL.fullmatch(name)))
    return tuple(
        MediaRef(
            values[f"MediaUrl{number}"].strip(),
            values.get(f"MediaContentType{number}", "").split(";")[0].strip().lower()[:100],
        )
        for number in numbers
        if values.get(f"MediaUrl{number}", "").strip()
    )


def _kind(values: Mapping[str, str], media: tuple[MediaRef, ...]) -> Kind:
    declared = re.sub(r"[^a-z]", "", values.get("MessageType", "").lower())
    if "viewonce" in declared or values.get("ViewOnce", "").lower() == "true":
        return Kind.VIEW_ONCE
    if "reaction" in declared or any(name.startswith("Reaction") for name in values):
        return Kind.REACTION
    if any(values.get(name) for name in _BUTTON_NAMES):
        return Kind.BUTTON
    if values.get("Latitude") and values.get("Longitude"):
        return Kind.LOCATION
    if media:
        cards = all(each.content_type in _CARD_TYPES for each in media)
        return Kind.CONTACT if cards else Kind.MEDIA
    if "contact" in declared:
        return Kind.CONTACT
    return Kind.TEXT if values.get("Body", "").strip() else Kind.UNKNOWN
