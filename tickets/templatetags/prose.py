"""Messages as HTML: everything is escaped, and addresses on the web become links."""

import re

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]{1,2000}")
_AFTER_ADDRESS = ".,;:!?)]}»”’"


@register.filter
def prose(text: str) -> SafeString:
    """The text with its http(s) addresses as links that tell the other side nothing.

    Line breaks stay as they are: the style sheet shows them.
    """
    parts: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(_AFTER_ADDRESS)
        parts.append(escape(text[end : match.start()]))
        parts.append(
            format_html('<a href="{}" rel="nofollow noopener noreferrer">{}</a>', address, address)
        )
        end = match.start() + len(address)
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308  every part is escaped above
