"""The versions of an article: what changed between two, and a way back."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from knowledge.indexing import request_indexing
from knowledge.models import Article

# What a version consists of. Whether customers see it is decided anew by whoever restores it.
FIELDS = (
    "title", "summary", "body", "topic", "product", "keywords", "language", "audience", "owner_id",
    "checked_on", "valid_until", "slug", "state",
)  # fmt: skip
_RESTORED = (
    "title", "summary", "body", "topic", "product", "keywords", "language", "checked_on",
    "valid_until",
)  # fmt: skip
_AROUND = 3
# Above so many words a line's change is shown as the old and the new line.
_MAX_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that both versions have (`same`), or one of them: `removed` or `added`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: pieces that make it up; `skipped` unchanged lines stand before."""

    pieces: tuple[Piece, ...]
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class FieldChange:
    name: str
    lines: tuple[Line, ...]


def compare(old: object, new: object) -> list[FieldChange]:
    """The fields that differ between two versions (of `Article.history`, or the article itself),
    with their lines as a reader follows them."""
    changes: list[FieldChange] = []
    for name in FIELDS:
        before, after = _shown(old, name), _shown(new, name)
        if before != after:
            field = Article._meta.get_field(name.removesuffix("_id"))
            label = str(getattr(field, "verbose_name", name))
            changes.append(FieldChange(label, tuple(_lines(before, after))))
    return changes


@transaction.atomic
def restore_version(article_id: int, version_id: int, *, user_id: int) -> bool:
    """Makes a version's text the article's again, as a new version; its address, audience and
    state stay as they are now. False if nothing differs, or there is no such version."""
    article = Article.objects.select_for_update(of=("self",)).get(pk=article_id)
    version = article.history.filter(history_id=version_id).first()
    if version is None:
        return False
    differing = [name for name in _RESTORED if getattr(article, name) != getattr(version, name)]
    for name in differing:
        setattr(article, name, getattr(version, name))
    if differing:
        reason = _("back to the version of %(when)s") % {
            "when": date_format(timezone.localtime(version.history_date), "DATETIME_FORMAT")
        }
        article._history_user_id = user_id  # type: ignore[attr-defined]  # simple-history's
        article._change_reason = reason  # type: ignore[attr-defined]
        article.save(update_fields=[*differing, "updated_at"])
        request_indexing(article.pk)
    return bool(differing)


def _shown(version: object, name: str) -> str:
    value = getattr(version, name)
    return "" if value is None else str(value)


def _lines(before: str, after: str) -> Iterator[Line]:
    old, new = before.split("\n"), after.split("\n")
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for group in matcher.get_grouped_opcodes(_AROUND):
        skipped = group[0][1] if group is not None else 0
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                for line in old[start:end]:
                    yield Line((Piece("same", line),), skipped)
                    skipped = 0
                continue
            pairs = min(end - start, new_end - new_start)
            for number in range(pairs):
                words = _words(old[start + number], new[new_start + number])
                yield Line(tuple(words), skipped)
                skipped = 0
            for line in old[start + pairs : end]:
                yield Line((Piece("removed", line),), skipped)
                skipped = 0
            for line in new[new_start + pairs : new_end]:
                yield Line((Piece("added", line),), skipped)
                skipped = 0


def _words(before: str, after: str) -> Iterator[Piece]:
    old, new = (re.findall(r"\s+|\w+|[^\w\s]", line) for line in (before, after))
    if len(old) + len(new) > _MAX_WORDS:
        yield from (Piece("removed", before), Piece("added", after))
        return
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(old[start:end]))
            continue
        if end > start:
            yield Piece("removed", "".join(old[start:end]))
        if new_end > new_start:
            yield Piece("added", "".join(new[new_start:new_end]))
