"""The agent's figures: how much it settles alone, how soon, and what that costs."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agent.metric_report import build_report
from agent.models import AgentMetric
from crm.admin.base import ReadOnlyAdmin
from crm.keys import parse_key

PERIODS = (7, 30, 90)


@admin.register(AgentMetric)
class AgentMetricAdmin(ReadOnlyAdmin[AgentMetric]):
    """One page in place of a list: what became of each run stands under the runs."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = parse_key(request.GET.get("days", ""))
        days = asked if asked in PERIODS else PERIODS[0]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Metrics"),
            "opts": self.opts,
            "periods": PERIODS,
            "days": days,
            "report": build_report(days=days, now=timezone.now()),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "agent/admin/metrics.html", context)
