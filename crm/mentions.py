"""Addresses and codes that stand in a message's text."""

import re
import unicodedata
from collections.abc import Iterator

import phonenumbers
from django.core.exceptions import ValidationError

from crm.identity import normalise_email, normalise_phone
from crm.models import CustomerIdentifier

Kind = CustomerIdentifier.Kind

LIMIT = 10
_LOOKED_AT = 20_000
# Bounded, so that no text makes it slow.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}", re.IGNORECASE)
_MAY_BE_ADDRESS = re.compile(r"@|\+\s?\(?\d")
_MEXICAN = re.compile(r"\+ ?52[ -]?1(?:[ .-]?\d){10}(?!\d)")
_CODE = re.compile(r"(?<![\d+])(\d{3})[ -]?(\d{3})(?!\d)")


def may_name_address(text: str) -> bool:
    """Whether a closer look is worth a job; cheap, and wrong only in saying yes."""
    return _MAY_BE_ADDRESS.search(text, 0, _LOOKED_AT) is not None


def find_addresses(text: str) -> list[tuple[str, str]]:
    """Kind and normalised value of each e-mail address and international phone number named,
    in order, each once, at most `LIMIT`."""
    looked_at = text[:_LOOKED_AT]
    found = dict.fromkeys([*_emails(looked_at), *_phones(looked_at)])
    return list(found)[:LIMIT]


def find_code(text: str) -> str:
    """The one six-digit number of the text, "" if there is none or more than one."""
    codes = {"".join(match) for match in _CODE.findall(unicodedata.normalize("NFKC", text[:2000]))}
    return codes.pop() if len(codes) == 1 else ""


def _emails(text: str) -> Iterator[tuple[str, str]]:
    for match in _EMAIL.finditer(text):
        try:
            yield Kind.EMAIL, normalise_email(match[0])
        except ValidationError:
            continue


def _phones(text: str) -> Iterator[tuple[str, str]]:
    matcher = phonenumbers.PhoneNumberMatcher(
        text, None, leniency=phonenumbers.Leniency.POSSIBLE, max_tries=LIMIT
    )
    # The matcher leaves out Mexican numbers in their old form.
    for written in [match.raw_string for match in matcher] + _MEXICAN.findall(text):
        try:
            yield Kind.PHONE, normalise_phone(written)
        except ValidationError:
            continue
