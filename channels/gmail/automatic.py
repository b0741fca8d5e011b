"""Mail that no person wrote, or that nothing may answer (RFC 3834, RFC 2076, RFC 2919)."""

import re
from collections.abc import Collection
from email.message import Message

from channels.gmail import headers
from channels.gmail.bounces import is_delivery_report
from channels.gmail.types import AutomaticKind, Bounce

_AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply-From")
_BULK = {"bulk", "junk", "list"}
_NO_REPLY = re.compile(
    r"(?:.*[._+-])?(?:no|not|non|do[._-]?not|never|nao|keine?|ne)[._-]?(?:reply|answer|responder?|"
    r"responda|repondre|antworte?n?|antwort|svara?|svar)(?:[._+-].*|\d*)"
    r"|mailer[._-]?daemon|postmaster|bounces?(?:[._+-].*)?|daemon|auto[._-]?reply",
    re.IGNORECASE,
)


def automatic_kind(
    mail: Message,
    *,
    from_address: str,
    label_ids: Collection[str],
    own_addresses: Collection[str],
    bounce: Bounce | None,
) -> AutomaticKind | None:
    """The strongest reason not to answer, or None for an ordinary mail."""
    if bounce is not None:
        return AutomaticKind.BOUNCE
    own = {plain_address(address) for address in own_addresses}
    if "SENT" in label_ids or plain_address(from_address) in own:
        return AutomaticKind.OWN_ADDRESS
    if _is_auto_reply(mail):
        return AutomaticKind.AUTO_REPLY
    if _is_bulk(mail):
        return AutomaticKind.BULK
    if takes_no_reply(from_address):
        return AutomaticKind.NO_REPLY
    return None


def takes_no_reply(address: str) -> bool:
    """Whether the address itself says that nobody reads it."""
    return _NO_REPLY.fullmatch(address.partition("@")[0]) is not None


def plain_address(address: str) -> str:
    """The address in lower case without its plus-part, as the own mailbox receives it."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _is_auto_reply(mail: Message) -> bool:
    submitted = headers.raw_value(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted and submitted.partition(" ")[0] != "no":
        return True
    if any(headers.raw_value(mail, name) for name in _AUTOMATIC_HEADERS):
        return True
    if headers.raw_value(mail, "Precedence").strip().lower() in ("auto_reply", "auto-reply"):
        return True
    if headers.raw_value(mail, "Return-Path").replace(" ", "") == "<>":
        return True
    return is_delivery_report(mail)  # read receipts, and reports of success


def _is_bulk(mail: Message) -> bool:
    if headers.raw_value(mail, "Precedence").strip().lower() in _BULK:
        return True
    return any(name.lower().startswith("list-") for name in mail.keys())  # noqa: SIM118
