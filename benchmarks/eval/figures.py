"""One line of the table."""

from dataclasses import dataclass


class DataMissing(Exception):
    """A file is not there; the message names it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`aim` is what the figure should reach, as text; `reached` is None where there is no aim."""

    group: str
    name: str
    value: float
    unit: str = "%"
    aim: str = ""
    reached: bool | None = None
    note: str = ""


def at_least(
    group: str, name: str, value: float, aim: float, *, unit: str = "%", note: str = ""
) -> Figure:
    return Figure(group, name, value, unit, f"≥ {aim:g}", round(value, 2) >= aim, note)


def below(
    group: str, name: str, value: float, aim: float, *, unit: str = "%", note: str = ""
) -> Figure:
    return Figure(group, name, value, unit, f"< {aim:g}", value < aim, note)
