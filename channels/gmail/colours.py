"""Colours as mail HTML declares them, as far as it takes to see text in its own background."""

import re

Colour = tuple[int, int, int]
# Stands for "whatever lies behind".
TRANSPARENT: Colour = (-1, -1, -1)

_NAMED: dict[str, Colour] = {
    "black": (0, 0, 0),
    "blue": (0, 0, 255),
    "gray": (128, 128, 128),
    "green": (0, 128, 0),
    "grey": (128, 128, 128),
    "ivory": (255, 255, 240),
    "navy": (0, 0, 128),
    "red": (255, 0, 0),
    "silver": (192, 192, 192),
    "snow": (255, 250, 250),
    "transparent": TRANSPARENT,
    "white": (255, 255, 255),
    "whitesmoke": (245, 245, 245),
    "yellow": (255, 255, 0),
}
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
# Steps of 255 in each channel; lighter greys than this on white are not read by anybody.
_NEAR = 12


def parse_colour(value: str) -> Colour | None:
    """The first colour in the value; None if there is none that is known."""
    if not value:
        return None
    if match := _HEX.search(value):
        digits = match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if match := _RGB.search(value):
        return int(match[1]), int(match[2]), int(match[3])
    for word in _WORD.findall(value):
        if word.lower() in _NAMED:
            return _NAMED[word.lower()]
    return None


def alike(one: Colour, other: Colour) -> bool:
    """Whether nobody could tell the two apart."""
    return all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))
