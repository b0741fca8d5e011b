"""What the console's templates need beyond Django's own tags."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.labels import Label

register = template.Library()


@register.filter
def waited(since: datetime | None) -> str:
    """How long ago, in one unit: "just now", "5 min", "3 h", "2 d"; "" for None."""
    if since is None:
        return ""
    return duration((timezone.now() - since).total_seconds())


@register.filter
def until(moment: datetime | None) -> str:
    """How long still, in one unit; for a moment that has passed, how long ago."""
    if moment is None:
        return ""
    return duration(abs((moment - timezone.now()).total_seconds()))


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in one unit for people who are in a hurry."""
    if seconds is None:
        return ""
    if seconds < 60:
        return _("just now") if seconds < 0 else _("%(n)d s") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)d min") % {"n": seconds // 60}
    if seconds < 48 * 3600:
        return _("%(n)d h") % {"n": seconds // 3600}
    return _("%(n)d d") % {"n": seconds // 86400}


@register.filter
def seconds(value: float | None) -> str:
    """A measured time, "0.4 s" below ten seconds, else as `duration`; "–" for None."""
    if value is None:
        return "–"
    return _("%(n).1f s") % {"n": value} if value < 10 else duration(value)


@register.filter
def share(value: float | str | None) -> str:
    """A part of one as "63 %"; "–" for nothing."""
    return f"{value * 100:.0f} %" if isinstance(value, float | int) else "–"


@register.inclusion_tag("crm/_label.html")
def label(value: Label | None) -> dict[str, Label | None]:
    return {"label": value}
