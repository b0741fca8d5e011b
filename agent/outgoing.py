"""What no answer may contain, whoever wrote it: the last look before it leaves."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from agent.foreign import list_foreign
from agent.plaintext import from_markdown, strip_invisible, tidy
from agent.pledges import find_promise, find_request
from knowledge.types import FoundPassage

MAX_CHARACTERS = 4_000

_SECRET = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj)?[-_]?[A-Za-z0-9]{16,}|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bxox[abprs]-[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}|\bAIza[\w-]{30,}|\bglpat-[\w-]{15,}|\bSG\.[\w-]{16,}"
    r"|\b(?:password|passwort|contraseña|mot de passe|senha|api[- ]?key|secret|token)\b"
    r"(?: is| ist| es| est| é)?\s?[:=]?\s?[\"“„'`]?(?=[^\s\"”']*\d)(?=[^\s\"”']*[a-z])[^\s\"”']{8,}"
    r"|\bsystem prompt\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"<(?:img|script|iframe|a|svg|form|object)\b|javascript:|data:\w+/", re.IGNORECASE
)


def clean(answer: str) -> str:
    """The answer as plain text: no markup, no images, no control or zero-width characters."""
    readable = strip_invisible(answer[: MAX_CHARACTERS * 2])
    return tidy(from_markdown(readable))[:MAX_CHARACTERS]


def list_objections(answer: str, passages: Sequence[FoundPassage]) -> list[str]:
    """Why an answer may not leave; [] if it may. Links and addresses must be the sources'."""
    sources = "\n".join(
        f"{passage.text}\n\n{from_markdown(passage.text)}" for passage in passages
    ).lower()
    objections = []
    if _MARKUP.search(answer):
        objections.append(_("It contains markup."))
    if _SECRET.search(answer):
        objections.append(_("It contains what looks like a secret."))
    objections += list_foreign(answer, passages)
    promise = find_promise(answer, sources)
    if promise:
        objections.append(_("It promises something: “%(words)s”.") % {"words": promise})
    request = find_request(answer, sources)
    if request:
        objections.append(_("It asks for what nobody may tell: “%(words)s”.") % {"words": request})
    return objections
