"""The words in coloured boxes of the console's own pages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """`tone` is "", info, success, warning, danger or primary."""

    text: str
    tone: str = ""
