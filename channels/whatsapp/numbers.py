"""Which person a WhatsApp address means.

One person's number can appear in two forms (`crm.identity.fold_phone`): it is matched in one of
them, and sent to is what wrote to us. Since 2026 people can hide their number from businesses and
are then known by a business-scoped user id alone, "US.13491208655302741918" (Meta,
"Business-scoped user IDs").
"""

import re
import unicodedata

from channels.whatsapp.types import Identity
from crm.identity import fold_phone
from crm.models import CustomerIdentifier

PREFIX = "whatsapp:"
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS = re.compile(r"[\s().\-/]")
# Country, optionally the marker of a parent business, and up to 128 letters and digits.
_USER_ID = re.compile(r"[A-Z]{2}(\.ENT)?\.[0-9A-Za-z]{1,128}")


def identify(address: str) -> Identity:
    """The identity behind `whatsapp:+…`, a bare number or a business-scoped user id.

    Raises ValueError for an address that has no content.
    """
    bare = unicodedata.normalize("NFKC", address).replace("\0", "").strip()
    if bare.lower().startswith(PREFIX):
        bare = bare[len(PREFIX) :].strip()
    if not bare:
        raise ValueError("The sender's address is empty.")
    if not is_user_id(bare):
        digits = _SEPARATORS.sub("", bare)
        number = digits if digits.startswith("+") else f"+{digits}"
        if _PHONE.fullmatch(number):
            return Identity(CustomerIdentifier.Kind.PHONE, fold_phone(number), f"{PREFIX}{number}")
    return Identity(CustomerIdentifier.Kind.WHATSAPP, bare[:240], f"{PREFIX}{bare[:240]}")


def is_user_id(text: str) -> bool:
    """Whether this is a business-scoped user id."""
    return _USER_ID.fullmatch(text) is not None
