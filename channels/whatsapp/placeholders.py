"""Messages that have no words of their own, in words; kept as the message's text."""

import re
from collections.abc import Mapping

from channels.whatsapp.types import Kind, MediaRef

REACTION_REMOVED = "[Reaction removed]"


def describe(kind: Kind, values: Mapping[str, str], media: tuple[MediaRef, ...]) -> str:
    """What the customer wrote, or in brackets what came instead; never empty."""
    body = values.get("Body", "").strip()
    match kind:
        case Kind.VIEW_ONCE:
            return "[View-once message, which WhatsApp does not show to businesses]"
        case Kind.REACTION:
            return _reaction(values, body)
        case Kind.BUTTON:
            return body or _first(values, "ButtonText", "ListTitle", "ButtonPayload", "ListId")
        case Kind.LOCATION:
            return _location(values, body)
        case Kind.CONTACT:
            return body or "[Contact]"
        case Kind.MEDIA:
            return body or " ".join(_file(each) for each in media)
        case Kind.TEXT:
            return body
        case Kind.UNKNOWN:
            return _unknown(values)


def _reaction(values: Mapping[str, str], body: str) -> str:
    emoji = _first(values, "ReactionEmoji", "Reaction", "Emoji") or body
    return f"[Reaction {emoji[:32]}]" if emoji else REACTION_REMOVED


def _location(values: Mapping[str, str], body: str) -> str:
    words = [_first(values, name) for name in ("Label", "Address", "Latitude", "Longitude")]
    place = "[Location: " + ", ".join(word[:300] for word in words if word) + "]"
    return f"{body}\n{place}" if body and body not in words else place


def _file(media: MediaRef) -> str:
    match media.content_type.partition("/"):
        case ["image", _, "webp"]:
            return "[Sticker or image]"
        case ["image", _, _]:
            return "[Image]"
        case ["audio", _, _]:
            return "[Voice message]"
        case ["video", _, _]:
            return "[Video]"
    return "[Document]"


def _unknown(values: Mapping[str, str]) -> str:
    declared = re.sub(r"[^a-z_ -]", "", values.get("MessageType", "").lower())[:32].strip()
    known = f" ({declared})" if declared else ""
    return f"[A kind of message that this desk cannot show{known}]"


def _first(values: Mapping[str, str], *names: str) -> str:
    return next((value for name in names if (value := values.get(name, "").strip())), "")
