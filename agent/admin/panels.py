"""What the agent shows on a ticket's page: its draft for approval, and what it did."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from agent.admin.labels import outcome_label
from agent.admin.looks import get_runs
from agent.models import EvaluationCase
from tickets.models import Ticket
from tickets.panels import Place, ticket_panel

_RUNS = 6


@ticket_panel(Place.MAIN, order=10)
def draft_panel(request: HttpRequest, ticket: Ticket) -> str:
    """The draft with approve, edit and reject; nothing where none is to be decided."""
    if not request.user.has_perm("agent.view_draft"):
        return ""
    run = next((run for run in get_runs(request, ticket) if getattr(run, "decidable", 0)), None)
    if run is None:
        return ""
    draft = run.proposal
    context = {"draft": draft, "may_decide": request.user.has_perm("agent.change_draft")}
    return render_to_string("agent/admin/_draft.html", context, request=request)


@ticket_panel(Place.SIDE, order=20)
def runs_panel(request: HttpRequest, ticket: Ticket) -> str:
    """The agent's latest looks at the conversation, each with its decision."""
    if not request.user.has_perm("agent.view_agentrun"):
        return ""
    runs = get_runs(request, ticket)
    context = {"runs": [(run, outcome_label(run)) for run in runs[:_RUNS]]}
    return render_to_string("agent/admin/_runs.html", context, request=request)


@ticket_panel(Place.SIDE, order=60)
def case_panel(request: HttpRequest, ticket: Ticket) -> str:
    """A finished ticket as a case that the agent is measured on."""
    if not ticket.is_finished() or not request.user.has_perm("agent.add_evaluationcase"):
        return ""
    case = EvaluationCase.objects.filter(ticket=ticket).first()
    context = {"ticket": ticket, "case": case}
    return render_to_string("agent/admin/_case.html", context, request=request)
