from collections.abc import Sequence
from typing import Any

from django import template
from django.template import Context

from config.console.trail import Part, build_trail

register = template.Library()


@register.simple_tag(takes_context=True)
def sidebar_trail(context: Context, parts: Sequence[dict[str, Any]]) -> list[Part]:
    """`config.console.trail.build_trail` of the page that is shown."""
    return build_trail(context["request"], parts)
