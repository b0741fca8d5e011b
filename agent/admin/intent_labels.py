"""What customers' messages want: what the agent saw in them, and what staff say it is."""

from collections.abc import Sequence
from typing import cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from agent.intents.examples import SEEN, get_seen, label_message
from agent.models import AgentRun, Intent, IntentExample
from crm.models import Message, User
from crm.timeline import Mark, mark_messages
from tickets.services import get_ticket_of_conversation


def label_page(request: HttpRequest, message_id: int) -> HttpResponse:
    """Every intent as a button; one click labels the message and goes back to its ticket."""
    if not request.user.has_perm("agent.add_intentexample"):
        raise PermissionDenied
    message = get_object_or_404(
        Message.objects.select_related("conversation__customer"),
        pk=message_id,
        author=Message.Author.CUSTOMER,
    )
    if request.method == "POST":
        return _label(request, message)
    run = AgentRun.objects.filter(message=message).order_by("-pk").first()
    intents = list(Intent.objects.all())
    context = {
        **admin.site.each_context(request),
        "title": _("What does this message want?"),
        "message": message,
        "example": IntentExample.objects.filter(message=message).select_related("intent").first(),
        "seen": next((intent for intent in intents if run and intent.name == run.intent), None),
        "intents": intents,
    }
    return TemplateResponse(request, "agent/admin/intent_label.html", context)


@mark_messages(intents=SEEN)
def mark_intents(message: Message) -> Sequence[Mark]:
    """Under each message that the agent read or staff labelled: what it wants, and the way to
    say so."""
    seen = get_seen(getattr(message, "intents", {}))
    if seen.label is not None:
        text = _("Labelled: %(intent)s") % {"intent": seen.label or _("none of the intents")}
    elif seen.recognised is not None:
        title = seen.recognised or _("no known intent")
        text = _("Seems to be: %(intent)s. Label it") % {"intent": title}
    else:
        return []
    return [Mark(text, link=reverse("admin:agent_intent_label", args=[message.pk]))]


def _label(request: HttpRequest, message: Message) -> HttpResponse:
    name = request.POST.get("intent", "")
    intent = get_object_or_404(Intent, name=name) if name else None
    label_message(message=message, intent=intent, staff=cast("User", request.user))
    text = _("Labelled. It is learned from within a minute.")
    messages.success(request, text)
    ticket = get_ticket_of_conversation(message.conversation)
    if ticket is None:
        return redirect("admin:crm_conversation_change", message.conversation_id)
    return redirect("admin:tickets_ticket_change", ticket.pk)
