"""Ids as addresses and forms carry them."""

_DIGITS = 18  # of the largest number that is certain to be a bigint


def parse_key(text: object) -> int:
    """The id that a text stands for; 0, which is nobody's, for everything else."""
    digits = str(text)
    is_key = digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS
    return int(digits) if is_key else 0
