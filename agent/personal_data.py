"""Finds personal data in a text: addresses, numbers of people, of cards and of accounts.

A number counts by its check digits where its kind has them, so that an order number or an amount
mostly stays. Names are not found: no rule finds them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import phonenumbers
from stdnum import iban, luhn
from stdnum.be import nn as be_nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ch_ssn
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.us import ssn as us_ssn
from stdnum.za import idnr as za_idnr

# Also as a model spells it that takes the underscore for markup, or escapes it.
TOKEN = re.compile(r"\[(EMAIL|IBAN|CARD|ID|PHONE|TEXT)\\{0,2}[_ ]?(\d+)\]")

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_REGIONS = (None, "DE", "US", "GB")


@dataclass(frozen=True, slots=True)
class _Identity:
    """A country's number for a person. One whose check digit proves little also needs its name
    shortly before it."""

    shape: re.Pattern[str]
    is_valid: Callable[[str], bool]
    named: re.Pattern[str] | None = None


def _identity(shape: str, is_valid: Callable[[str], bool], named: str = "") -> _Identity:
    name = re.compile(rf"\b(?:{named})\b[^\n]{{0,30}}$", re.IGNORECASE) if named else None
    return _Identity(re.compile(rf"(?<![\w.-])(?:{shape})(?![\w-])", re.IGNORECASE), is_valid, name)


_IDENTITIES = (
    _identity(r"\d{3}-\d{2}-\d{4}", us_ssn.is_valid),
    _identity(r"\d{2} ?\d{3} ?\d{3} ?\d{3}", idnr.is_valid),
    _identity(r"\d{11}", pesel.is_valid),
    _identity(r"\d{6} ?\d{5}", fodselsnummer.is_valid),
    _identity(r"\d{11}", tckimlik.is_valid),
    _identity(r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", cpf.is_valid),
    _identity(r"\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}", be_nn.is_valid),
    _identity(r"756\.?\d{4}\.?\d{4}\.?\d{2}", ch_ssn.is_valid),
    _identity(r"[12] ?\d{2} ?\d{2} ?[0-9AB]{2} ?\d{3} ?\d{3} ?\d{2}", nir.is_valid),
    _identity(r"\d{8}-?[A-Z]", dni.is_valid),
    _identity(r"[XYZ]-?\d{7}-?[A-Z]", nie.is_valid),
    _identity(r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]", codicefiscale.is_valid),
    _identity(r"\d{6,8}[-+]\d{4}", personnummer.is_valid),
    _identity(r"\d{6}[-+A]\d{3}[0-9A-Z]", hetu.is_valid),
    _identity(r"\d{4} ?\d{4} ?\d{4}", aadhaar.is_valid),
    _identity(r"\d{13}", za_idnr.is_valid),
    _identity(r"\d{17}[\dX]", ric.is_valid),
    # No check digit: the letters and pairs are what marks it.
    _identity(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", bool),
    _identity(r"\d{3}[ -]?\d{3}[ -]?\d{4}", nhs.is_valid, "NHS"),
    _identity(r"\d{4}\.?\d{2}\.?\d{3}|\d{9}", bsn.is_valid, "BSN|burgerservicenummer"),
    _identity(r"\d{3}[ -]?\d{3}[ -]?\d{3}", sin.is_valid, "SIN|social insurance"),
)


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Where personal data stands in the text; `kind` is what its token begins with."""

    start: int
    end: int
    kind: str


def find_personal_data(text: str) -> list[Found]:
    """In order, none within another. What looks like one of our tokens is found as TEXT, so that
    nobody can write one."""
    taken: list[Found] = []
    for _rule, found in groupby(_find_all(text), key=lambda one: one.kind):
        # The longest of those that overlap; what an earlier rule took stays its own.
        for one in sorted(found, key=lambda one: one.start - one.end):
            if all(one.end <= other.start or other.end <= one.start for other in taken):
                taken.append(one)
    return sorted(taken)


def _find_all(text: str) -> Iterator[Found]:
    for match in TOKEN.finditer(text):
        yield Found(*match.span(), "TEXT")
    for match in _EMAIL.finditer(text):
        yield Found(*match.span(), "EMAIL")
    for match in _IBAN.finditer(text):
        end = _end_of_iban(match[0])
        if end:
            yield Found(match.start(), match.start() + end, "IBAN")
    for match in _CARD.finditer(text):
        if _is_card(match[0]):
            yield Found(*match.span(), "CARD")
    for identity in _IDENTITIES:
        for match in identity.shape.finditer(text):
            before = text[max(0, match.start() - 60) : match.start()]
            named = identity.named is None or identity.named.search(before)
            if named and identity.is_valid(match[0]):
                yield Found(*match.span(), "ID")
    for region in _REGIONS:
        for number in phonenumbers.PhoneNumberMatcher(text, region):
            yield Found(number.start, number.end, "PHONE")


def _end_of_iban(words: str) -> int:
    """Where the IBAN ends that the words begin with, 0 if they do not; others may follow it."""
    groups = re.split(r"([ -])", words)
    for end in range(len(groups), 0, -2):
        value = "".join(groups[:end])
        if iban.is_valid(value):
            return len(value)
    return 0


def _is_card(digits: str) -> bool:
    plain = re.sub(r"[ -]", "", digits)
    return bool(luhn.is_valid(plain)) and len(set(plain)) > 1
