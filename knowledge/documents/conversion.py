"""PDF, DOCX and HTML as Markdown, read by another process that can do no harm.

What strangers wrote may be made to exhaust a parser. So it is read by `knowledge.converters` in a
process of its own: with limits on its time and memory, none of our environment, and no way back
but one JSON document. The parsers' memory is never this process's.
"""

import json
import subprocess
import sys
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from knowledge.documents.document import BrokenDocumentError

_SECONDS = 60
_MAX_MARKDOWN = 1024 * 1024
_PROBLEMS: dict[str, str | Promise] = {
    "encrypted": gettext_lazy(
        "It is protected with a password: save it without one and import it again."
    ),
    "no_text": gettext_lazy(
        "It holds no text. If it is a scan, run text recognition (OCR) over it and import it again."
    ),
    "no_main_text": gettext_lazy(
        "No main text was found. If the page builds itself by JavaScript, save its text as a file."
    ),
    "damaged": gettext_lazy("It is damaged, or not what its name says: open it and save it anew."),
    "too_much": gettext_lazy("It unpacks to more than is safe to read: split it."),
    "too_long": gettext_lazy("It has more pages than 2,000: split it."),
}


@dataclass(frozen=True, slots=True)
class Converted:
    title: str
    summary: str
    language: str
    body: str
    hidden: tuple[str, ...] = ()


def convert(kind: str, content: bytes, *, page: str = "") -> Converted:
    """The content, of the kind `pdf`, `docx` or `html`, as Markdown. `page` is the address of a
    page in HTML, if it has one. Raises BrokenDocumentError."""
    arguments = [page] if page and kind == "html" else []
    try:
        finished = subprocess.run(  # noqa: S603  our own program, our own arguments
            [sys.executable, "-m", "knowledge.converters", kind, *arguments],
            input=content,
            capture_output=True,
            timeout=_SECONDS,
            cwd=settings.BASE_DIR,
            env={"LANG": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BrokenDocumentError(
            _("Reading it took longer than %(seconds)d seconds: split it.") % {"seconds": _SECONDS}
        ) from None
    try:
        answer = json.loads(finished.stdout)
    except ValueError:
        # It ran out of time or memory, or the parser broke.
        raise BrokenDocumentError(
            _("It cannot be read: it is damaged, or too complicated. Save it anew, or split it.")
        ) from None
    if problem := answer.get("problem"):
        raise BrokenDocumentError(str(_PROBLEMS[problem]))
    body = answer["body"].replace("\0", "").strip()
    if not body:
        raise BrokenDocumentError(str(_PROBLEMS["no_text"]))
    if len(body) > _MAX_MARKDOWN:
        raise BrokenDocumentError(_("It holds more than 1 MB of text: split it."))
    return Converted(
        title=" ".join(answer["title"].replace("\0", "").split()),
        summary=" ".join(answer["summary"].replace("\0", "").split()),
        language=answer["language"],
        body=body,
        hidden=tuple(" ".join(words.replace("\0", "").split()) for words in answer["hidden"]),
    )
