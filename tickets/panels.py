"""What other apps show on a ticket's page in the console.

The tickets know nothing of the agent or the channels; those register a panel here, in their
`admin` modules, and the page asks each for its part.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest

from tickets.models import Ticket


class Place(StrEnum):
    TOP = "top"  # above everything: what has to be known first
    MAIN = "main"  # between the conversation and the reply box
    REPLY = "reply"  # within the reply box, above the text
    SIDE = "side"


Build = Callable[[HttpRequest, Ticket], str]


@dataclass(frozen=True, slots=True)
class _Panel:
    place: Place
    order: int
    build: Build


_panels: list[_Panel] = []


def ticket_panel(place: Place, *, order: int) -> Callable[[Build], Build]:
    """Registers a function that renders a panel to safe HTML, or "" where it has nothing."""

    def register(build: Build) -> Build:
        _panels.append(_Panel(place, order, build))
        _panels.sort(key=lambda panel: panel.order)
        return build

    return register


def build_panels(place: Place, request: HttpRequest, ticket: Ticket) -> list[str]:
    """The panels of this place that have something to show, in their order."""
    built = (panel.build(request, ticket) for panel in _panels if panel.place == place)
    return [html for html in built if html]
