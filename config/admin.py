"""The job queue in the console: what failed or stands still comes first."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from config.console.dead_letters import find_reason
from config.console.rescue_figures import read_figures
from config.job_control import cancel_job, needing_attention, retry_job
from crm.admin.base import DropdownFilter, ReadOnlyAdmin, ReadOnlyInline, display
from crm.moments import show_moment

admin.site.unregister(ProcrastinateJob)

_STATES = {
    "todo": _("waiting"),
    "doing": _("running"),
    "succeeded": _("done"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
    "aborted": _("stopped"),
}


class StateFilter(DropdownFilter):
    """What failed or stands still is what opens."""

    title = _("state")
    parameter_name = "show"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        self.untouched = not set(request.GET) - {"p", "o"}
        states = [(state, name) for state, name in _STATES.items() if state != "failed"]
        return [("attention", _("failed and stalled")), ("all", _("all")), *states]

    def value(self) -> str:
        return super().value() or ("attention" if self.untouched else "all")

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]
    ) -> QuerySet[ProcrastinateJob]:
        shown = self.value()
        if shown == "attention":
            return needing_attention(queryset, timezone.now())
        return queryset if shown == "all" else queryset.filter(status=shown)


class EventInline(ReadOnlyInline[ProcrastinateEvent, ProcrastinateJob]):
    model = ProcrastinateEvent
    fields = readonly_fields = ("type", "at")
    ordering = ("-id",)
    verbose_name_plural = _("what happened to it")


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin[ProcrastinateJob]):
    empty_advice = _(
        "No job failed or stands still. The filter shows those that wait, run or are done."
    )
    list_display = (
        "id", "show_state", "task_name", "show_arguments", "attempts", "scheduled_at",
        "show_last_event",
    )  # fmt: skip
    list_display_links = ("id", "task_name")
    list_filter = (StateFilter,)
    list_filter_submit = True
    search_fields = ("task_name", "lock")
    ordering = ("-id",)
    fields = readonly_fields = (
        "id", "show_state", "show_reason", "task_name", "queue_name", "lock", "show_arguments",
        "attempts", "scheduled_at",
    )  # fmt: skip
    inlines = (EventInline,)
    change_form_outer_before_template = "config/admin/_job.html"
    actions = ("retry", "cancel")
    list_before_template = "config/admin/_rescue.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": _("Jobs"), "figures": read_figures(now=timezone.now())}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("procrastinate.change_procrastinatejob")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        events = ProcrastinateEvent.objects.order_by("-id")
        jobs = ProcrastinateJob.objects.order_by("-id")
        return jobs.prefetch_related(Prefetch("procrastinateevent_set", queryset=events))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:job_id>/retry/", wrap(retry_view), name="procrastinate_job_retry"),
            path(
                "<int:job_id>/cancellation/",
                wrap(cancel_view),
                name="procrastinate_job_cancellation",
            ),
            *super().get_urls(),
        ]

    @display(
        description=_("state"),
        ordering="status",
        label={"failed": "danger", "doing": "info", "succeeded": "success", "todo": "primary"},
    )
    def show_state(self, job: ProcrastinateJob) -> tuple[str, str]:
        return job.status, str(_STATES.get(job.status, job.status))

    @display(description=_("why it failed"))
    def show_reason(self, job: ProcrastinateJob) -> str:
        return find_reason(job) if job.status == "failed" else "–"

    @display(description=_("for"))
    def show_arguments(self, job: ProcrastinateJob) -> str:
        """Ids and short texts: jobs carry no content (config.jobs)."""
        pairs = [pair for pair in sorted(job.args.items()) if pair[0] != "correlation_id"]
        return format_html_join(" ", '<span class="ah-nowrap">{}={}</span>', pairs)

    @display(description=_("last event"))
    def show_last_event(self, job: ProcrastinateJob) -> str:
        for event in job.procrastinateevent_set.all():
            at = show_moment(event.at) if event.at else ""
            return format_html("{} {}", event.type, at)
        return ""

    @admin.action(description=_("Retry"), permissions=["work"])
    def retry(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        now = timezone.now()
        count = sum(retry_job(job.pk, now=now) for job in queryset)
        text = ngettext("%(n)d job queued again.", "%(n)d jobs queued again.", count)
        messages.success(request, text % {"n": count})

    @admin.action(description=_("Cancel"), permissions=["work"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        count = sum(cancel_job(job.pk) for job in queryset)
        text = ngettext("%(n)d job cancelled.", "%(n)d jobs cancelled.", count)
        messages.success(request, text % {"n": count})


def _changes(change: Callable[[int], bool], done: Any, late: Any) -> Callable[..., HttpResponse]:
    """A POST that changes one job, says what came of it and returns to `next` or to its page."""

    def view(request: HttpRequest, job_id: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("procrastinate.change_procrastinatejob"):
            raise PermissionDenied
        if change(job_id):
            messages.success(request, str(done))
        else:
            messages.warning(request, str(late))
        target = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
            return redirect(target)
        return redirect("admin:procrastinate_procrastinatejob_change", job_id)

    return view


retry_view = _changes(
    lambda job_id: retry_job(job_id, now=timezone.now()),
    _("Queued again; a worker takes it at once."),
    _("It neither failed nor stands still, or was removed meanwhile."),
)
cancel_view = _changes(
    cancel_job,
    _("Cancelled: this job will not run."),
    _("Too late: it has started, or was removed meanwhile."),
)
