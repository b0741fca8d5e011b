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

from agent.kept_findings import KeptFindings

# Also as a model spells it that takes the underscore for markup, or escapes it.
TOKEN = re.compile(r"\[(EMAIL|IBAN|CARD|ID|PHONE|TEXT)\\{0,2}[_ ]?(\d+)\]")

# "(at)" and "(dot)" are how people write an address that machines should not read.
_EMAIL = re.compile(
    r"""(?:"[^"\n]{1,64}"|[\w.!#$%&'*+/=?^`{|}~-]{1,64})[ ]?(?:@|[(\[{]at[)\]}])[ ]?"""
    r"""[\w-]{1,63}(?:(?:\.|[ ]?[(\[{]dot[)\]}][ ]?)[\w-]{1,63})+""",
    re.IGNORECASE,
)
_AT = re.compile(r"[(\[{]at[)\]}]", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
# What people put between groups of digits: spaces, an end of a line, dots, and dashes of all kinds.
_GAP = r"[\s.\u2010-\u2015-]{0,2}"
# At every place that one may begin at: "No 10 DE89 …" looks like one from its first word on.
_IBAN = re.compile(
    rf"(?:(?<![A-Z0-9])|(?<=IBAN))(?=([A-Z]{{2}}{_GAP}\d{{2}}(?:{_GAP}[A-Z0-9]){{11,30}}))",
    re.IGNORECASE,
)
_DIGITS = re.compile(rf"(?<!\d)\d(?:{_GAP}\d){{12,}}")
_GROUP = re.compile(r"\d+")
_CARD_LENGTHS = range(13, 20)
_SHORTEST_IBAN = 15
_KEPT = 512  # texts, of which a message brings some ten
# Numbers written with a country's prefix, and those of people in these countries without one.
_REGIONS = (None, "DE", "US", "GB", "FR", "ES", "IT", "AT", "CH", "NL", "BR", "PT")


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


_kept: KeptFindings[tuple[Found, ...]] = KeptFindings(most=_KEPT)


def find_personal_data(text: str) -> tuple[Found, ...]:
    """In order, none within another. What looks like one of our tokens is found as TEXT, so that
    nobody can write one."""
    return _kept.get(text, lambda: _look(text))


def _look(text: str) -> tuple[Found, ...]:
    taken: list[Found] = []
    for _rule, found in groupby(_find_all(text), key=lambda one: one.kind):
        # The longest of those that overlap; what an earlier rule took stays its own.
        for one in sorted(found, key=lambda one: one.start - one.end):
            if all(one.end <= other.start or other.end <= one.start for other in taken):
                taken.append(one)
    return tuple(sorted(taken))


def _find_all(text: str) -> Iterator[Found]:
    for match in TOKEN.finditer(text):
        yield Found(*match.span(), "TEXT")
    if "@" in text or _AT.search(text):
        yield from _find_emails(text)
    if _DIGIT.search(text):  # without one there is no number
        yield from _find_numbers(text)


def _find_emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield Found(*match.span(), "EMAIL")


def _find_numbers(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        end = _end_of_iban(match[1])
        if end:
            yield Found(match.start(), match.start() + end, "IBAN")
    for match in _DIGITS.finditer(text):
        for start, end in _find_cards(match[0]):
            yield Found(match.start() + start, match.start() + end, "CARD")
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
    ends = [at for at, character in enumerate(words, 1) if character.isalnum()]
    plain = "".join(character for character in words if character.isalnum())
    for length in range(len(plain), _SHORTEST_IBAN - 1, -1):
        if iban.is_valid(plain[:length]):
            return ends[length - 1]
    return 0


def _find_cards(digits: str) -> Iterator[tuple[int, int]]:
    """Groups in a row that are a card's number together: others may stand before and after it.
    Where two overlap nobody knows which one it is, so both are one."""
    groups = [match.span() for match in _GROUP.finditer(digits)]
    last: tuple[int, int] | None = None
    for first, (start, _end) in enumerate(groups):
        plain = ""
        for begin, end in groups[first:]:
            plain += digits[begin:end]
            if len(plain) > _CARD_LENGTHS[-1]:
                break
            if len(plain) in _CARD_LENGTHS and luhn.is_valid(plain) and len(set(plain)) > 1:
                if last and start < last[1]:
                    last = last[0], max(last[1], end)
                else:
                    if last:
                        yield last
                    last = start, end
    if last:
        yield last
