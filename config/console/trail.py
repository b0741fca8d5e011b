"""Where a page of the console stands, in the words of the sidebar: one thing has one name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from config.console.navigation import build_sidebar


@dataclass(frozen=True, slots=True)
class Part:
    """`link` is "" where there is nothing to open."""

    title: str
    link: str


def build_trail(request: HttpRequest, parts: Sequence[dict[str, Any]]) -> list[Part]:
    """The theme's trail, application, list and record, with the sidebar's group and name in place
    of the first two. What the sidebar does not have keeps the theme's words."""
    trail = [Part(str(part["title"]), str(part.get("link", ""))) for part in parts]
    if len(trail) > 1:
        for group in build_sidebar(request):
            for item in group["items"]:
                address, _question, queue = str(item["link"]).partition("?")
                if address == trail[1].link:
                    # A link to one of a list's queues tells the group alone.
                    name = trail[1].title if queue else str(item["title"])
                    return [Part(str(group["title"]), ""), Part(name, address), *trail[2:]]
    return trail
