"""Names that mean one thing only: error codes, words with digits in them, quoted names."""

import re

# An error code as an article writes it: BL-403, AUT-508, SSO-17. Customers write small letters.
_CODE = re.compile(r"\b([a-z]{2,6})[- ]?(\d{2,5})\b", re.IGNORECASE)
_STRICT_CODE = re.compile(r"\b([A-Z]{2,6})-(\d{2,5})\b")
_MIXED = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])\w{2,20}\b")
_AMOUNT = re.compile(r"\d+(?:st|nd|rd|th|am|pm|h|m|s|d|gb|mb|kb|tb|k|x|eur|usd)?\b")
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»\n]{3,60})[\"“”„»]")


def list_codes(text: str) -> set[str]:
    """The error codes that an article's text names, as in {"BL-403"}."""
    return {f"{letters}-{digits}" for letters, digits in _STRICT_CODE.findall(text)}


def list_asked_codes(question: str, known: set[str]) -> set[str]:
    """The codes in a customer's words. One that is not written as articles do ("bl 403") counts
    if it is known, so that "the 27 members" or "Europe 2026" is none."""
    loose = {f"{letters.upper()}-{digits}" for letters, digits in _CODE.findall(question)}
    hyphened = {code for code in loose if code.lower() in question.lower()}
    families = {code.partition("-")[0] for code in known}
    kin = {code for code in hyphened if code.partition("-")[0] in families}
    return list_codes(question) | (loose & known) | kin


def list_names(question: str) -> set[str]:
    """Words with letters and digits, such as "v1", and quoted names, in small letters."""
    text = question.lower()
    mixed = {word for word in _MIXED.findall(text) if not _AMOUNT.fullmatch(word)}
    return mixed | {name.strip().rstrip(".,!?") for name in _QUOTED.findall(text)}
