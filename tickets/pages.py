"""What the status page and its fragments show, built once for whole pages and for updates."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from crm.models import Conversation
from tickets.attachments import FileLimits, get_file_limits
from tickets.forms import RatingForm
from tickets.models import Satisfaction, Ticket
from tickets.onward import Onward, find_onward
from tickets.progress import Progress, describe
from tickets.transcript import Extent, extent_of, get_extent, is_answer_expected, list_entries

REPLY_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ReplyBox:
    """The reply box, empty or with what was refused and why. A token makes one reply once."""

    text: str = ""
    errors: tuple[str, ...] = ()
    file_errors: tuple[str, ...] = ()
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    limit: int = REPLY_MAX
    files: FileLimits = field(default_factory=get_file_limits)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page already shows; travels with each look for news as `token`."""

    extent: Extent
    state: str
    stage: str
    interval: int | None

    @property
    def token(self) -> str:
        extent = self.extent
        return f"{extent.shown}.{extent.newest}.{self.state}.{self.stage}.{self.interval}"


def render_status(
    request: HttpRequest,
    ticket: Ticket,
    *,
    reply: ReplyBox | None = None,
    rating: RatingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page; `reply` and `rating` hold what was refused, to be corrected."""
    now = timezone.now()
    entries = list_entries(ticket)
    onward = find_onward(ticket)
    progress = _progress(ticket, onward, now)
    note_visit(ticket, now=now)
    context = {
        "ticket": ticket,
        "entries": entries,
        "progress": progress,
        "seen": _seen(ticket, extent_of(entries), progress),
        "onward": onward,
        "stage": stage_of(ticket),
        "reply": reply or ReplyBox(),
        "rating": rating or RatingForm(instance=satisfaction_of(ticket)),
        "new": "new" in request.GET,
    }
    return render(request, "tickets/status.html", context, status=status)


def render_news(request: HttpRequest, ticket: Ticket, *, shown: str) -> HttpResponse:
    """What changed since the page showed `shown` (a token of `Seen`): 204 if nothing did.

    New messages are added to those that stand there; where an older one has turned up among
    them, all are sent again. The rest is replaced only where it differs, so that nothing typed
    is lost and a screen reader says only what is new.
    """
    now = timezone.now()
    extent = get_extent(ticket)
    onward = find_onward(ticket)
    progress = _progress(ticket, onward, now)
    seen = _seen(ticket, extent, progress)
    if seen.token == shown:
        return HttpResponse(status=204)
    before = _parse(shown)
    entries = []
    appended = False
    if before.extent != extent:
        entries = list_entries(ticket)
        fresh = [entry for entry in entries if entry.id > before.extent.newest]
        appended = before.extent.shown + len(fresh) == len(entries)
        entries = fresh if appended else entries
        note_visit(ticket, now=now)
    context = {
        "ticket": ticket,
        "entries": entries,
        "appended": appended,
        "progress": progress,
        "progress_changed": before.state != seen.state,
        "seen": seen,
        "onward": onward,
        "stage": stage_of(ticket),
        "stage_changed": before.stage != seen.stage or bool(onward),
        "rating": RatingForm(instance=satisfaction_of(ticket)),
    }
    return render(request, "tickets/_news.html", context)


def render_rating(
    request: HttpRequest, ticket: Ticket, rating: RatingForm, *, status: int
) -> HttpResponse:
    context = {"ticket": ticket, "stage": stage_of(ticket), "rating": rating}
    return render(request, "tickets/_actions.html", context, status=status)


def render_reply(
    request: HttpRequest, ticket: Ticket, reply: ReplyBox, *, status: int = 200
) -> HttpResponse:
    return render(request, "tickets/_reply.html", {"ticket": ticket, "reply": reply}, status=status)


def stage_of(ticket: Ticket) -> str:
    """Which buttons there are.

    `asked` (no answer yet), `open`, `person` (people have it), `finished` or `rated`.
    """
    if ticket.is_finished():
        return "rated" if satisfaction_of(ticket) else "finished"
    asked = ticket.status == Ticket.Status.ESCALATED or (
        ticket.conversation.handler == Conversation.Handler.STAFF
    )
    if asked:
        return "person"
    return "open" if ticket.first_response_at else "asked"


def satisfaction_of(ticket: Ticket) -> Satisfaction | None:
    """The rating, which the gates of `tickets.services` have fetched with the ticket."""
    return getattr(ticket, "satisfaction", None)


def note_visit(ticket: Ticket, *, now: datetime) -> None:
    """The customer has seen everything up to now, so no e-mail need tell of it."""
    Ticket.objects.filter(pk=ticket.pk).update(viewed_at=now)


def _progress(ticket: Ticket, onward: Onward | None, now: datetime) -> Progress:
    expected = onward is None and is_answer_expected(ticket)
    reference = onward.reference if onward else ""
    return describe(ticket, answer_expected=expected, merged_into=reference, now=now)


def _seen(ticket: Ticket, extent: Extent, progress: Progress) -> Seen:
    return Seen(extent, progress.code, stage_of(ticket), progress.interval)


def _parse(token: str) -> Seen:
    """A token that is not ours means that nothing is shown yet."""
    try:
        shown, newest, state, stage, _interval = token.split(".")
        return Seen(Extent(int(shown), int(newest)), state, stage, None)
    except ValueError:
        return Seen(Extent(0, 0), "", "", None)
