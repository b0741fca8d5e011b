"""A mail as its sender formatted it, for people to look at, as a page that can do nothing.

The HTML was sanitised when it came. The page runs nothing, submits nothing and loads nothing: even
the pictures that belong to the mail stand in it, for a page without an origin is given no file.
"""

import base64
import re
from html import unescape
from urllib.parse import unquote

from crm.images import image_type
from crm.models import Attachment, Message

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
# Of all pictures in a mail together; what is beyond is among the message's files.
MAX_PICTURES = 8 * 1024 * 1024

_PICTURE = re.compile(r'src="cid:([^"]*)"', re.IGNORECASE)
_LINK = re.compile(r"<a ", re.IGNORECASE)
_PAGE = """\
<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light"><title>{title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;margin:1.5rem auto;max-width:50rem;padding:0 1rem;
overflow-wrap:anywhere;background:#fff;color:#111}}img{{max-width:100%;height:auto}}
blockquote{{margin:.5rem 0;padding-left:.75rem;border-left:2px solid #ccc;color:#555}}</style>
</head><body>
{body}
</body></html>
"""


def render_original(message: Message, *, title: str) -> str:
    """The page; `title` is safe HTML. Two queries at most beside the message."""
    left = MAX_PICTURES
    wanted = {_name(found) for found in _PICTURE.findall(message.html)}
    pictures: dict[str, str] = {}
    for file in message.attachments.filter(content_id__in=wanted):
        if file.size <= left and (picture := _embed(file)):
            pictures[file.content_id] = picture
            left -= file.size
    body = _PICTURE.sub(lambda match: f'src="{pictures.get(_name(match[1]), "")}"', message.html)
    return _PAGE.format(title=title, body=_LINK.sub('<a target="_blank" ', body))


def _name(written: str) -> str:
    """The Content-ID that a `cid:` address names (RFC 2392)."""
    return unquote(unescape(written)).strip("<> ")


def _embed(file: Attachment) -> str:
    content = bytes(file.content)
    kind = image_type(content[:16])
    return f"data:{kind};base64,{base64.b64encode(content).decode()}" if kind else ""
