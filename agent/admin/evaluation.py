"""Evaluations in the console: the cases, the passes over them, and each case's story."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.admin.labels import name_suite, step_rows
from agent.evaluation import records
from agent.evaluation.collection import make_case
from agent.evaluation.figures import list_figures
from agent.models import EvaluationCase, EvaluationResult, EvaluationRun
from crm.admin.base import ModelAdmin, ReadOnlyAdmin, display
from crm.keys import parse_key
from crm.labels import Label
from crm.models import User
from tickets.admin.views import get_ticket

RUN_TONES = {"queued": "info", "running": "info", "done": "success", "failed": "danger"}


@admin.register(EvaluationCase)
class EvaluationCaseAdmin(ModelAdmin[EvaluationCase]):
    empty_advice = _(
        "A case is a question and what should happen to it. Write one, or make them of finished "
        "tickets: manage.py evaluate --since 2026-01-01."
    )
    list_display = ("show_case", "expected_action", "show_expected", "channel", "enabled", "ticket")
    list_filter = (
        "enabled",
        ("expected_action", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("ticket",)
    show_full_result_count = False
    search_fields = ("subject", "message", "note")
    autocomplete_fields = ("articles",)
    readonly_fields = ("ticket", "created_by", "created_at")
    fieldsets = (
        (_("The question"), {"fields": ("subject", "message", "channel")}),
        (
            _("What should happen"),
            {"fields": ("expected_action", "articles", "says", "expected_reason")},
        ),
        (_("Care"), {"fields": ("enabled", "note", "ticket", "created_by", "created_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("articles")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "from-ticket/<int:ticket_id>/",
                wrap(case_from_ticket),
                name="agent_evaluationcase_from_ticket",
            ),
            *super().get_urls(),
        ]

    def save_model(
        self, request: HttpRequest, obj: EvaluationCase, form: Any, change: bool
    ) -> None:
        if not change:
            obj.created_by = cast("User", request.user)
        super().save_model(request, obj, form, change)

    @display(description=_("case"), ordering="id")
    def show_case(self, case: EvaluationCase) -> str:
        return format_html(
            '<span class="ah-cell"><strong>{}</strong><span class="ah-cell__sub">{}</span></span>',
            case,
            case.message[:120],
        )

    @display(description=_("expected"))
    def show_expected(self, case: EvaluationCase) -> str:
        titles = [article.title for article in case.articles.all()]
        return ", ".join(titles) or case.get_expected_reason_display()


def case_from_ticket(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """Makes the ticket's case, or finds it, and opens it for a look."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm("agent.add_evaluationcase"):
        raise PermissionDenied
    ticket = get_ticket(request, ticket_id)
    if ticket is None:
        raise Http404
    case = make_case(ticket=ticket, staff=cast("User", request.user))
    messages.info(
        request,
        _t("Look whether this is what should happen, and whether anything private is left."),
    )
    return redirect("admin:agent_evaluationcase_change", case.pk)


@admin.register(EvaluationRun)
class EvaluationRunAdmin(ReadOnlyAdmin[EvaluationRun]):
    """The passes; one is opened as its scoreboard."""

    empty_advice = _(
        "Run the sample messages to see how the agent as it is configured answers them, and after "
        "each change to see what goes otherwise."
    )
    list_display = ("show_suite", "show_state", "show_right", "model", "started_by", "created_at")
    list_filter = (("state", ChoicesDropdownFilter), "suite")
    list_filter_submit = True
    list_select_related = ("started_by",)
    list_before_template = "agent/admin/_evaluate.html"
    search_fields = ("suite", "model")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("start/", wrap(start), name="agent_evaluationrun_start"),
            path(
                "<int:run_id>/case/<int:result_id>/",
                wrap(self.result_page),
                name="agent_evaluationresult",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            **(extra_context or {}),
            "suites": [
                (records.SAMPLE, _("Run the sample messages")),
                (records.COLLECTED, _("Run our own cases")),
                *(
                    (suite, _t("Run %(cases)s") % {"cases": suite})
                    for suite in records.list_suites()
                    if suite not in {records.SAMPLE, records.COLLECTED}
                ),
            ],
            "may_start": request.user.has_perm("agent.add_evaluationrun"),
        }
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(
            EvaluationRun.objects.select_related("started_by"), pk=parse_key(object_id)
        )
        previous = records.get_previous(run) if run.scoreboard else None
        context = {
            **self.admin_site.each_context(request),
            "title": str(run),
            "opts": self.opts,
            "original": run,
            "run": run,
            "state": Label(run.get_state_display(), RUN_TONES[run.state]),
            "tried": run.results.count(),
            "figures": list_figures(run.scoreboard, previous.scoreboard if previous else {}),
            "comparison": records.compare(run, previous) if previous else None,
            "wrong": _list_wrong(run),
            "results": run.results.defer("steps", "text", "explanation", "question"),
        }
        return TemplateResponse(request, "agent/admin/evaluation.html", context)

    def result_page(self, request: HttpRequest, run_id: int, result_id: int) -> HttpResponse:
        """One case: what was asked and expected, what happened, step by step."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        result = get_object_or_404(
            EvaluationResult.objects.select_related("run", "case"), pk=result_id, run=run_id
        )
        previous = records.get_previous(result.run)
        before = previous.results.filter(key=result.key).first() if previous else None
        context = {
            **self.admin_site.each_context(request),
            "title": result.key,
            "opts": self.opts,
            "original": result.run,
            "result": result,
            "before": before,
            "steps": step_rows(result.steps),
        }
        return TemplateResponse(request, "agent/admin/evaluation_case.html", context)

    @display(description=_("cases"), ordering="suite")
    def show_suite(self, run: EvaluationRun) -> str:
        return name_suite(run.suite)

    @display(description=_("state"), ordering="state", label=RUN_TONES)
    def show_state(self, run: EvaluationRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=_("right"), ordering="right")
    def show_right(self, run: EvaluationRun) -> str:
        if not run.scoreboard or not run.total:
            return ""
        return f"{run.right} / {run.total} · {100 * run.right / run.total:.1f} %"


def start(request: HttpRequest) -> HttpResponse:
    """Queues a pass over the suite that the form names and opens its page."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm("agent.add_evaluationrun"):
        raise PermissionDenied
    suite = request.POST.get("suite", "")
    if suite not in records.list_suites():
        raise Http404
    run = records.request_evaluation(
        suite=suite, staff=cast("User", request.user), now=timezone.now()
    )
    return redirect("admin:agent_evaluationrun_change", run.pk)


def _list_wrong(run: EvaluationRun) -> Sequence[EvaluationResult]:
    """What has to be looked at, the harmful first."""
    wrong = run.results.filter(Q(is_right=False) | Q(is_grounded=False) | Q(false_guardrail=True))
    return sorted(
        wrong.defer("steps"),
        key=lambda one: (not one.missed_guardrail, one.action == "hand_over", one.position),
    )
