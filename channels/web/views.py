"""The support form, the reply box and the request for a lost link."""

import math

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from channels.throttle import allow, widen
from channels.web.clients import client_key
from channels.web.forms import HONEYPOT, LinkForm, ReplyForm, SupportForm, new_token
from channels.web.links import request_status_link
from channels.web.submission import submit_question, submit_reply
from channels.web.uploads import CappedUploadHandler
from tickets.access import public_page, ticket_page
from tickets.attachments import get_file_limits
from tickets.models import Ticket
from tickets.pages import ReplyBox, render_reply, render_status
from tickets.services import get_ticket_of_conversation
from tickets.views import done

# Links asked for by one client.
LINK_LIMIT = (10, 3600)


@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def support_form(request: HttpRequest) -> HttpResponse:
    """The form; when it is right, the ticket's own page, where the answer will appear."""
    if request.method != "POST":
        suggested = {name: request.GET.get(name, "") for name in ("subject", "category")}
        return _form_page(request, SupportForm(initial={**suggested, "token": new_token()}))
    now = timezone.now()
    key = client_key(request)
    wait = allow(f"form-any:{key}", widen(settings.FORM_RATE_LIMIT), now=now)
    if wait:  # the body stays unread
        return _retry_after(
            wait,
            HttpResponse(_too_many(wait), status=429, content_type="text/plain; charset=utf-8"),
        )
    request.upload_handlers = [CappedUploadHandler(request)]
    form = SupportForm(request.POST, request.FILES)
    if request.POST.get(HONEYPOT):
        form.add_error(None, _("We were not sure that a person wrote this. Please send it again."))
        return _form_page(request, form, status=422)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    wait = allow(f"form:{key}", settings.FORM_RATE_LIMIT, now=now)
    if wait:
        form.add_error(None, _too_many(wait))
        return _retry_after(wait, _form_page(request, form, status=429))
    submission = form.submission(language=get_language() or "")
    ticket = submit_question(submission=submission, now=now)
    return HttpResponseRedirect(f"{ticket.status_path}&new=1", status=303)


@require_POST
@ticket_page
def reply(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """A further message; what was refused stays in the box with the reason."""
    request.upload_handlers = [CappedUploadHandler(request)]
    form = ReplyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, ticket, form, status=422)
    now = timezone.now()
    wait = allow(f"reply:{client_key(request)}", settings.FORM_RATE_LIMIT, now=now)
    if wait:
        form.add_error("text", _too_many(wait))
        return _retry_after(wait, _refused(request, ticket, form, status=429))
    message = submit_reply(
        ticket=ticket,
        text=form.cleaned_data["text"],
        files=form.cleaned_data["attachments"],
        token=form.reply_token(ticket),
        now=now,
    )
    if message.conversation_id != ticket.conversation_id:  # merged: the page says where it went
        return _moved(request, ticket.status_path)
    current = get_ticket_of_conversation(message.conversation)
    if current is not None and current.pk != ticket.pk:
        return _moved(request, f"{current.status_path}&new=1")
    if request.headers.get("HX-Request"):
        response = render_reply(request, ticket, ReplyBox())
        response["HX-Trigger"] = "news"
        return response
    return done(request, ticket)


@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def link_request(request: HttpRequest) -> HttpResponse:
    """Mails the status link to who can read that mail; the answer is the same whoever asks."""
    if request.method != "POST":
        initial = {"reference": request.GET.get("reference", "")[:20]}
        return _link_page(request, LinkForm(initial=initial))
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _link_page(request, form, status=422)
    now = timezone.now()
    wait = allow(f"link:{client_key(request)}", LINK_LIMIT, now=now)
    if wait:
        form.add_error(None, _too_many(wait))
        return _retry_after(wait, _link_page(request, form, status=429))
    request_status_link(
        reference=form.cleaned_data["reference"],
        email=form.cleaned_data["email"],
        language=get_language() or "",
    )
    return render(request, "channels/link_sent.html", {"email": form.cleaned_data["email"]})


def _form_page(request: HttpRequest, form: SupportForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "honeypot": HONEYPOT,
        "files_lost": bool(request.FILES) if form.is_bound else False,
        "limits": get_file_limits(),
    }
    return render(request, "channels/support_form.html", context, status=status)


def _link_page(request: HttpRequest, form: LinkForm, *, status: int = 200) -> HttpResponse:
    return render(request, "channels/link_request.html", {"form": form}, status=status)


def _refused(request: HttpRequest, ticket: Ticket, form: ReplyForm, *, status: int) -> HttpResponse:
    box = ReplyBox(
        text=request.POST.get("text", ""),
        errors=_sentences(form, "text"),
        file_errors=_sentences(form, "attachments"),
        token=request.POST.get("token", ""),
    )
    if request.headers.get("HX-Request"):
        return render_reply(request, ticket, box, status=status)
    return render_status(request, ticket, reply=box, status=status)


def _sentences(form: ReplyForm, field: str) -> tuple[str, ...]:
    return tuple(str(sentence) for sentence in form.errors.get(field, ()))


def _moved(request: HttpRequest, path: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": path})
    return HttpResponseRedirect(path, status=303)


def _too_many(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    return ngettext(
        "That was a lot in a short time. Nothing is lost: send this again in %(minutes)s minute.",
        "That was a lot in a short time. Nothing is lost: send this again in %(minutes)s minutes.",
        minutes,
    ) % {"minutes": minutes}


def _retry_after(seconds: int, response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response
