"""The private page of a ticket and what its customer can do there."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from crm.keys import parse_key
from tickets import services
from tickets.access import ticket_page
from tickets.attachments import get_attachment
from tickets.forms import RatingForm
from tickets.models import Ticket
from tickets.pages import render_news, render_rating, render_status


@require_safe
@ticket_page
def status(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    return render_status(request, ticket)


@require_safe
@ticket_page
def conversation(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """What is new since `shown`, for the page's own look every few seconds."""
    return render_news(request, ticket, shown=request.GET.get("shown", ""))


@require_safe
@ticket_page
def file(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """An attachment, always as a download of unknown type: no browser opens it by itself."""
    attachment = get_attachment(ticket, parse_key(request.GET.get("file", "")))
    if attachment is None:
        raise Http404
    response = HttpResponse(bytes(attachment.content), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, attachment.name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@ticket_page
def resolution(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    services.resolve_ticket(ticket=ticket, actor=services.CUSTOMER, now=timezone.now())
    return done(request, ticket)


@require_POST
@ticket_page
def person(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    if not ticket.is_finished() and ticket.status != Ticket.Status.ESCALATED:
        services.request_person(ticket=ticket, now=timezone.now())
    return done(request, ticket)


@require_POST
@ticket_page
def rating(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    form = RatingForm(request.POST)
    if not form.is_valid():
        if request.headers.get("HX-Request"):
            return render_rating(request, ticket, form, status=422)
        return render_status(request, ticket, rating=form, status=422)
    services.rate_ticket(
        ticket=ticket,
        score=form.cleaned_data["score"],
        comment=form.cleaned_data["comment"],
        now=timezone.now(),
    )
    return done(request, ticket)


def done(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """After a change: a page with scripts looks for news at once, another is shown anew."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Trigger": "news"})
    return HttpResponseRedirect(ticket.status_path, status=303)
