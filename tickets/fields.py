"""Form fields that take what people and programs send, and keep it clean."""

import re
import unicodedata
from typing import Any

from django import forms

from crm.services import printable

_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}
# Letters and marks that show nothing by themselves: fillers, the empty Braille cell, joiners and
# variation selectors (Unicode's Default_Ignorable_Code_Point and what renders like it). Beside
# others they may matter, as in an emoji.
_EMPTY = re.compile(
    r"[\s\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f"
    r"\U000e0100-\U000e01ef]+"
)


class CleanTextField(forms.CharField):
    """Text without control characters, trimmed of whatever cannot be seen.

    Lengths are counted after that, with one character to a line break. Nothing limits them in
    the browser, which would cut off silently what is pasted.
    """

    def __init__(self, *, single_line: bool = True, **kwargs: Any) -> None:
        self.single_line = single_line
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = printable(super().to_python(value) or "")
        if self.single_line:
            text = " ".join(text.split())
        text = _trimmed(text)
        return "" if _EMPTY.fullmatch(text) else text

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {} if self.max_length is None else {"data-max": str(self.max_length)}


def _trimmed(text: str) -> str:
    """The text without spaces and characters of no width at its ends."""
    start, end = 0, len(text)
    while start < end and _is_invisible(text[start]):
        start += 1
    while end > start and _is_invisible(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in _INVISIBLE
