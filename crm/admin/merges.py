"""What was merged, with one click to undo it, and who may be one person."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm.admin.base import DropdownFilter, ReadOnlyAdmin, display
from crm.merging import MergeError, unmerge
from crm.models import Customer, CustomerMerge, MergeSuggestion, User
from crm.suggestions import accept_suggestion, reject_suggestion

State = MergeSuggestion.State


class SuggestionStateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*State.choices, ("all", _("all"))]

    def value(self) -> str:
        return super().value() or State.OPEN

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[MergeSuggestion]
    ) -> QuerySet[MergeSuggestion]:
        return queryset if self.value() == "all" else queryset.filter(state=self.value())


@admin.register(MergeSuggestion)
class MergeSuggestionAdmin(ReadOnlyAdmin[MergeSuggestion]):
    empty_advice = _(
        "Two customers stand here when they seem to be one person, until somebody merges or "
        "dismisses them."
    )
    list_display = (
        "show_pair", "evidence", "show_state", "decided_by", "created_at",
    )  # fmt: skip
    list_display_links = None
    list_filter = (SuggestionStateFilter,)
    list_filter_submit = True
    list_select_related = ("first", "second", "decided_by")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(decision)
        return [
            path("<int:suggestion_id>/decision/", view, name="crm_mergesuggestion_decision"),
            *super().get_urls(),
        ]

    def get_list_display(self, request: HttpRequest) -> Any:
        """The buttons are for who may press them."""
        shown = super().get_list_display(request)
        if request.user.has_perm("crm.change_mergesuggestion"):
            return [*shown, "show_decision"]
        return shown

    @display(description=_("customers"))
    def show_pair(self, suggestion: MergeSuggestion) -> str:
        return format_html(
            '<span class="ah-cell">{}{}</span>',
            _customer_link(suggestion.first),
            _customer_link(suggestion.second),
        )

    @display(
        description=_("state"),
        label={State.OPEN: "warning", State.ACCEPTED: "success", State.REJECTED: ""},
    )
    def show_state(self, suggestion: MergeSuggestion) -> tuple[str, str]:
        return suggestion.state, suggestion.get_state_display()

    @display(description=_("decision"))
    def show_decision(self, suggestion: MergeSuggestion) -> str:
        """Buttons of the list's own form, which brings its token."""
        if suggestion.state != State.OPEN:
            return "–"
        return format_html(
            '<span class="ah-meta"><button class="ah-button ah-button--small" type="submit"'
            ' formaction="{0}?decision=accept">{1}</button>'
            '<button class="ah-button ah-button--small" type="submit"'
            ' formaction="{0}?decision=reject">{2}</button></span>',
            reverse("admin:crm_mergesuggestion_decision", args=[suggestion.pk]),
            _t("Merge"),
            _t("Two people"),
        )


@admin.register(CustomerMerge)
class CustomerMergeAdmin(ReadOnlyAdmin[CustomerMerge]):
    empty_advice = _(
        "Customers are merged from a customer's page with “Merge with …”. Each merge stands here "
        "and can be undone."
    )
    list_display = (
        "show_merged", "show_survivor", "reason", "by", "at", "undone_at", "undone_by",
    )  # fmt: skip
    list_display_links = None
    list_select_related = ("survivor", "merged", "by", "undone_by")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(undoing)
        return [
            path("<int:merge_id>/undoing/", view, name="crm_customermerge_undoing"),
            *super().get_urls(),
        ]

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        if request.user.has_perm("crm.change_customermerge"):
            return [*shown, "show_undo"]
        return shown

    @display(description=_("merged"))
    def show_merged(self, merge: CustomerMerge) -> str:
        return _customer_link(merge.merged)

    @display(description=_("into"))
    def show_survivor(self, merge: CustomerMerge) -> str:
        return _customer_link(merge.survivor)

    @display(description="")
    def show_undo(self, merge: CustomerMerge) -> str:
        if merge.undone_at:
            return ""
        return format_html(
            '<button class="ah-button ah-button--small" type="submit" formaction="{}">{}</button>',
            reverse("admin:crm_customermerge_undoing", args=[merge.pk]),
            _t("Undo"),
        )


def undoing(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Takes a merge back and shows the customer that is one of its own again."""
    _check(request, "crm.change_customermerge")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    merge = get_object_or_404(CustomerMerge.objects.select_related("survivor"), pk=merge_id)
    try:
        unmerge(merge=merge, by=cast("User", request.user), now=timezone.now())
    except MergeError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _t("Undone: these are two customers again."))
    return redirect("admin:crm_customer_change", merge.merged_id)


def decision(request: HttpRequest, suggestion_id: int) -> HttpResponse:
    """Merges the two, or says that they are two people; `decision` is accept or reject."""
    _check(request, "crm.change_mergesuggestion")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    suggestion = get_object_or_404(
        MergeSuggestion.objects.select_related("first", "second"), pk=suggestion_id
    )
    staff, now = cast("User", request.user), timezone.now()
    chosen = request.GET.get("decision", "")
    try:
        if chosen == "accept":
            accept_suggestion(suggestion=suggestion, by=staff, now=now)
            messages.success(request, _t("Merged. It can be undone on the customer's page."))
        elif chosen == "reject":
            reject_suggestion(suggestion=suggestion, by=staff, now=now)
            messages.success(request, _t("Noted: these are two people."))
    except MergeError as problem:
        messages.error(request, str(problem))
    return redirect("admin:crm_mergesuggestion_changelist")


def _check(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _customer_link(customer: Customer) -> str:
    url = reverse("admin:crm_customer_change", args=[customer.pk])
    return format_html('<a href="{}">{}</a>', url, customer)
