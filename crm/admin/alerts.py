"""What staff and operators have to know, until it is cleared."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.admin.base import DropdownFilter, ReadOnlyAdmin, display
from crm.alerts import clear_alert
from crm.models import StaffAlert

_TONES: dict[str, str] = {StaffAlert.Level.WARNING: "warning", StaffAlert.Level.CRITICAL: "danger"}


class StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("open")), ("cleared", _("cleared")), ("all", _("all"))]

    def value(self) -> str:
        return super().value() or "open"

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[StaffAlert]
    ) -> QuerySet[StaffAlert]:
        if self.value() == "all":
            return queryset
        return queryset.filter(cleared_at__isnull=self.value() == "open")


@admin.register(StaffAlert)
class StaffAlertAdmin(ReadOnlyAdmin[StaffAlert]):
    empty_advice = _(
        "No alert is open. One opens when a reply cannot be delivered, a job fails, a first answer "
        "is overdue or too much is handed over. The filter shows the cleared ones."
    )
    list_display = (
        "show_level", "title", "detail", "occurrences", "raised_at", "last_seen_at", "cleared_at",
    )  # fmt: skip
    list_display_links = ("title",)
    list_filter = (StateFilter, "level")
    list_filter_submit = True
    search_fields = ("title", "detail", "key")
    actions = ("clear",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(clearance)
        return [
            path("<int:alert_id>/clearance/", view, name="crm_staffalert_clearance"),
            *super().get_urls(),
        ]

    def has_clear_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("crm.change_staffalert")

    @display(description=_("level"), label=_TONES)
    def show_level(self, alert: StaffAlert) -> tuple[str, str]:
        return alert.level, alert.get_level_display()

    @admin.action(description=_("Clear"), permissions=["clear"])
    def clear(self, request: HttpRequest, queryset: QuerySet[StaffAlert]) -> None:
        now = timezone.now()
        keys = queryset.filter(cleared_at__isnull=True).values_list("key", flat=True)
        count = sum(clear_alert(key, now=now) for key in list(keys))
        text = ngettext("%(count)d alert cleared.", "%(count)d alerts cleared.", count)
        messages.success(request, text % {"count": count})


def clearance(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Clears one alert; raised again, it opens anew."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm("crm.change_staffalert"):
        raise PermissionDenied
    alert = get_object_or_404(StaffAlert, pk=alert_id)
    if clear_alert(alert.key, now=timezone.now()):
        messages.success(request, _t("Cleared. If the cause is still there, it will come back."))
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "admin:crm_staffalert_changelist"
    return redirect(target)
