"""The page of a trial: what a rule would have done to past messages, and putting it in force."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.guardrails.submission import adopt_trial
from agent.models import GuardrailRule, GuardrailTrial, TrialFinding

_SHOWN = 100  # of each kind


def trial_page(request: HttpRequest, trial_id: int) -> HttpResponse:
    """Looks again by itself until the job is done."""
    trial = _get_trial(request, trial_id)
    findings = trial.findings.select_related("message__conversation__customer").prefetch_related(
        "message__conversation__tickets"
    )
    changes = [
        (label, len(rows), [(row, _get_ticket_id(row)) for row in rows[:_SHOWN]])
        for change, label in TrialFinding.Change.choices
        for rows in [[row for row in findings if row.change == change]]
    ]
    context = {
        **admin.site.each_context(request),
        "title": trial.name,
        "opts": GuardrailRule._meta,
        "original": trial.rule,
        "trial": trial,
        "changes": changes,
        "may_adopt": trial.rule is not None and trial.finished_at and not trial.wrong,
    }
    return TemplateResponse(request, "agent/admin/guardrail_trial.html", context)


def adoption(request: HttpRequest, trial_id: int) -> HttpResponse:
    """POST: saves the rule as it was tried."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    trial = _get_trial(request, trial_id)
    if trial.rule is None:
        raise PermissionDenied
    try:
        adopt_trial(trial, now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("admin:agent_guardrailtrial_change", trial.pk)
    messages.success(request, _("The rule was saved as it was tried."))
    return redirect("admin:agent_guardrailrule_change", trial.rule.pk)


def _get_trial(request: HttpRequest, trial_id: int) -> GuardrailTrial:
    if not request.user.has_perm("agent.change_guardrailrule"):
        raise PermissionDenied
    return get_object_or_404(GuardrailTrial.objects.select_related("rule"), pk=trial_id)


def _get_ticket_id(finding: TrialFinding) -> int | None:
    """The newest ticket of the message's conversation."""
    return max((ticket.pk for ticket in finding.message.conversation.tickets.all()), default=None)
