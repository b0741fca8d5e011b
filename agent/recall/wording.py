"""What a customer is written who got the old answer: prepared here, changed by staff at will."""

import difflib
from collections.abc import Sequence

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from agent.plaintext import from_markdown
from agent.recall.answers import OldAnswer
from agent.recall.changes import Change
from agent.wording import content_words

_MAX_QUOTED = 700
_MAX_PARAGRAPHS = 3


def prepare_correction(change: Change, answer: OldAnswer) -> str:
    """In the customer's language where the desk speaks it; the article's own words stay."""
    customer = answer.message.conversation.customer
    with override(customer.language[:2] or None):
        day = formats.date_format(timezone.localtime(answer.message.created_at), "DATE_FORMAT")
        greeting = _("Hello %(name)s,") % {"name": customer.name} if customer.name else _("Hello,")
        told = "\n".join(answer.gone) or answer.message.text
        opening = _("on %(day)s we answered you:") % {"day": day}
        parts = [greeting, opening, _quote(told)]
        new = _list_new_paragraphs(change, answer.message.text)
        if new:
            parts += [_("That was not right. What holds is:"), *new]
        else:
            parts.append(_("That does not hold any more."))
        parts.append(_("We are sorry. If you have any question about this, just reply."))
    return "\n\n".join(parts)


def _quote(text: str) -> str:
    shortened = text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED].rstrip()} …"
    return "\n".join(f"> {line}" for line in shortened.splitlines())


def _list_new_paragraphs(change: Change, answer: str) -> list[str]:
    """The paragraphs that the change brought, those nearest to the old answer first chosen, in
    the article's order."""
    before, after = _paragraphs(change.before), _paragraphs(change.after)
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    new = [
        (position, paragraph)
        for tag, _i1, _i2, start, end in matcher.get_opcodes()
        if tag in {"insert", "replace"}
        for position, paragraph in enumerate(after[start:end], start)
    ]
    asked = content_words(answer)
    nearest = sorted(new, key=lambda one: -len(content_words(one[1]) & asked))[:_MAX_PARAGRAPHS]
    return [paragraph for _position, paragraph in sorted(nearest)]


def _paragraphs(markdown: str) -> Sequence[str]:
    """The text's paragraphs without its headings, which say nothing alone."""
    parts = [part for part in markdown.split("\n\n") if not part.lstrip().startswith("#")]
    return [text for part in parts if (text := from_markdown(part).strip())]
