"""The playground's page: play a customer, watch what comes back, break the providers."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from config.playground import customers, faults, samples
from config.playground.forms import ChatForm, MailForm, read_number
from config.playground.mails import Draft, Kind, Mail, write_mail
from config.playground.panes import render_panes
from tickets.access import public_page

_MIA = {"name": "Mia Novak", "address": "mia@example.com", "number": "+4915112345678"}
_GONE = _(
    "The stand-in does not answer. The demo starts it again in a moment; then send once more."
)


@require_safe
@public_page
def page(request: HttpRequest) -> HttpResponse:
    """The whole page; only the mail's form, prefilled by `sample` or `thread`, if htmx asks."""
    letter = _prefilled(request.GET.get("sample", ""), request.GET.get("thread", ""))
    if request.headers.get("HX-Request"):
        return render(request, "playground/_mail_form.html", letter)
    misconduct = faults.get_misconduct()
    reached = _reapply(misconduct)
    context = {
        **letter,
        **_switches(misconduct, problem="" if reached else str(_GONE)),
        "panes": {pane.id: pane.html for pane in render_panes(request, number=_MIA["number"])},
        "chat_form": ChatForm(initial=_MIA, auto_id="chat-%s"),
        "chat_samples": [(key, label) for key, (label, _) in samples.CHAT_SAMPLES.items()],
        "plays_mail": customers.plays_mail(),
        "plays_chat": customers.plays_chat(),
        "support": settings.GMAIL_SUPPORT_ADDRESS,
        "sender": settings.TWILIO_WHATSAPP_FROM.removeprefix("whatsapp:"),
    }
    return render(request, "playground/page.html", context)


@require_safe
@public_page
def news(request: HttpRequest) -> HttpResponse:
    """The panes that have changed since `seen`; 204 if none has."""
    panes = render_panes(request, number=read_number(request.GET.get("number", "")))
    seen = request.GET.get("seen", "").split(".")
    changed = [pane for pane in panes if pane.digest not in seen]
    if not changed:
        return HttpResponse(status=204)
    token = ".".join(pane.digest for pane in panes)
    return render(request, "playground/_news.html", {"changed": changed, "seen": token})


@require_POST
@public_page
def send_mail(request: HttpRequest) -> HttpResponse:
    """A customer's mail arrives in the desk's mailbox."""
    form = MailForm(request.POST, request.FILES, auto_id="mail-%s")
    if not customers.plays_mail():
        form.add_error(None, _("No mailbox is played here."))
    if form.is_valid():
        try:
            _deliver(form)
        except customers.OutOfReach:
            form.add_error(None, _GONE)
    if form.errors:
        return _answer(request, "playground/_mail_form.html", _letter(form), status=422)
    same = {name: form.cleaned_data[name] for name in ("name", "address")}
    fresh = _letter(MailForm(initial=same, auto_id="mail-%s"))
    return _answer(request, "playground/_mail_form.html", {**fresh, "sent": True})


@require_POST
@public_page
def send_chat(request: HttpRequest) -> HttpResponse:
    """A customer's WhatsApp message, or a sample of several."""
    data = request.POST.copy()
    ready = samples.CHAT_SAMPLES.get(data.get("sample", ""))
    texts = ready[1] if ready else (data.get("text", ""),)
    data["text"] = texts[0]
    form = ChatForm(data, request.FILES, auto_id="chat-%s")
    if not customers.plays_chat():
        form.add_error(None, _("No WhatsApp is played here."))
    if form.is_valid():
        who = form.cleaned_data["number"], form.cleaned_data["name"]
        files = form.files_to_send() if not ready else ()
        try:
            for text in texts if ready else (form.cleaned_data["text"],):
                customers.send_chat(*who, text, files)
        except customers.OutOfReach:
            form.add_error(None, _GONE)
    context = {"chat_problems": [str(text) for found in form.errors.values() for text in found]}
    status = 422 if form.errors else 200
    return _answer(request, "playground/_chat_problems.html", context, status=status)


@require_POST
@public_page
def misbehave(request: HttpRequest) -> HttpResponse:
    """Sets the switches as they are in the form; one that is not in it is off."""
    rate = request.POST.get("rate", "")
    wanted = faults.Misconduct(
        frozenset(request.POST.getlist("on")),
        next((known for known in faults.RATES if str(known) == rate), faults.RATES[-1]),
    )
    try:
        faults.set_misconduct(wanted)
        context = _switches(wanted)
    except customers.OutOfReach:
        context = _switches(faults.get_misconduct(), problem=str(_GONE))
    return _answer(request, "playground/_conduct.html", context)


def _prefilled(sample_key: str, thread_id: str) -> dict[str, Any]:
    sample = samples.get_mail_sample(sample_key)
    initial = {"name": _MIA["name"], "address": _MIA["address"], "kind": Kind.PERSON}
    if sample is not None:
        changes = {"name": sample.name, "address": sample.address}
        initial |= {name: value for name, value in changes.items() if value}
        initial |= {"subject": sample.subject, "text": sample.text, "kind": sample.kind}
    answered = _mail_to_answer(thread_id) if sample is None else None
    if answered is not None:
        subject = answered.subject
        reply = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        initial |= {"thread": thread_id, "subject": reply, **_recipient(answered)}
    form = MailForm(initial=initial, auto_id="mail-%s")
    return {**_letter(form), "sample": sample, "answered": answered}


def _letter(form: MailForm) -> dict[str, Any]:
    return {"mail_form": form, "mail_samples": samples.MAIL_SAMPLES}


def _switches(misconduct: faults.Misconduct, *, problem: str = "") -> dict[str, Any]:
    return {
        "switches": [(switch, switch.key in misconduct.on) for switch in faults.SWITCHES],
        "rates": [(rate, rate == misconduct.rate) for rate in faults.RATES],
        "armed": len(misconduct.on),
        "conduct_problem": problem,
    }


def _deliver(form: MailForm) -> None:
    given = form.cleaned_data
    draft = Draft(
        name=given["name"],
        address=given["address"],
        subject=given["subject"],
        text=given["text"],
        kind=given["kind"],
        answers=_answered(given["kind"], given["thread"]),
        files=[(file.name, file.content_type, file.content) for file in form.files_to_send()],
    )
    raw = write_mail(draft, to=settings.GMAIL_SUPPORT_ADDRESS, now=timezone.now())
    customers.send_mail(raw)


def _answered(kind: Kind, thread_id: str) -> Mail | None:
    """What the mail answers: a machine answers the newest that the desk wrote."""
    if kind in (Kind.OUT_OF_OFFICE, Kind.BOUNCE) and not thread_id:
        written = [thread.last_from_desk for thread in customers.list_threads()]
        return next((mail for mail in written if mail is not None), None)
    thread = customers.get_thread(thread_id) if thread_id else None
    return (thread.last_from_desk or thread.mails[-1]) if thread else None


def _mail_to_answer(thread_id: str) -> Mail | None:
    if not thread_id:
        return None
    try:
        return _answered(Kind.PERSON, thread_id)
    except customers.OutOfReach:
        return None


def _recipient(answered: Mail) -> dict[str, str]:
    """Who replies: whom the desk wrote to, or else whoever wrote last."""
    if not answered.from_desk:
        return {"name": answered.name, "address": answered.address}
    named = {"name": answered.to_name} if answered.to_name else {}
    return {"address": answered.to_address, **named}


def _reapply(misconduct: faults.Misconduct) -> bool:
    """A double that was started again has forgotten how it should behave."""
    try:
        faults.apply_misconduct(misconduct)
    except customers.OutOfReach:
        return False
    return True


def _answer(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The fragment, and word to look for news; without htmx back to the page."""
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse("playground:page"), status=303)
    response = render(request, template, context, status=status)
    response["HX-Trigger"] = "news"
    return response
