"""The agent's time series, to look a figure of the dashboard up in."""

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.models import AgentMetric
from crm.admin.base import ReadOnlyAdmin


@admin.register(AgentMetric)
class AgentMetricAdmin(ReadOnlyAdmin[AgentMetric]):
    list_display = (
        "recorded_at", "channel", "answered", "escalated", "latency_seconds", "sentiment", "cost",
    )  # fmt: skip
    list_filter = (("channel", ChoicesDropdownFilter), "answered", "escalated")
    list_filter_submit = True
