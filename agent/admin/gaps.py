"""What the knowledge lacks, contradicts and let grow old: each with what to do about it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.gaps.decisions import dismiss_contradiction, dismiss_gap, open_article, reopen_gap
from agent.gaps.stale import list_stale_articles
from agent.models import Contradiction, Gap
from config import jobs
from crm.admin.base import ReadOnlyAdmin, display
from crm.keys import parse_key
from crm.labels import Label
from crm.models import User
from crm.moments import show_day
from knowledge.models import Article

STATE_TONES = {"open": "warning", "drafted": "success", "dismissed": ""}
_EXAMPLES = 20


@admin.register(Gap)
class GapAdmin(ReadOnlyAdmin[Gap]):
    """Questions without an answer by meaning, what is asked most first."""

    empty_advice = _(
        "Questions that found no answer are put together by meaning once an hour, and stand here "
        "with how often they were asked."
    )
    list_display = ("show_title", "show_count", "show_trend", "show_last", "show_state")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_submit = True
    list_select_related = ("article",)
    list_before_template = "agent/admin/_care.html"
    search_fields = ("title", "questions__text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Gap]:
        return Gap.objects.with_counts(now=timezone.now()).defer("draft_body")

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        return ["-count", "-last_at"]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("stale/", wrap(self.stale_page), name="agent_gap_stale"),
            path("search/", wrap(search), name="agent_gap_search"),
            path("<int:gap_id>/article/", wrap(article_of_gap), name="agent_gap_article"),
            path("<int:gap_id>/dismissal/", wrap(dismissal), name="agent_gap_dismissal"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"care": "gaps", "may_search": request.user.has_perm("agent.change_gap")}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        gap = get_object_or_404(
            Gap.objects.with_counts(now=timezone.now()).select_related("article", "decided_by"),
            pk=parse_key(object_id),
        )
        context = {
            **self.admin_site.each_context(request),
            "title": gap.title,
            "opts": self.opts,
            "original": gap,
            "gap": gap,
            "state": Label(gap.get_state_display(), STATE_TONES[gap.state]),
            "trend": _tell_trend(gap),
            "questions": gap.questions.select_related("run__conversation")
            .defer("vector")
            .prefetch_related("run__conversation__tickets")[:_EXAMPLES],
            "may_decide": request.user.has_perm("agent.change_gap")
            and request.user.has_perm("knowledge.add_article"),
        }
        return TemplateResponse(request, "agent/admin/gap.html", context)

    def stale_page(self, request: HttpRequest) -> HttpResponse:
        """Published articles that want a look."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return _mark_checked(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Articles that may be out of date"),
            "opts": self.opts,
            "care": "stale",
            "stale": list_stale_articles(now=timezone.now()),
            "may_check": request.user.has_perm("knowledge.change_article"),
        }
        return TemplateResponse(request, "agent/admin/stale.html", context)

    @display(description=_("question"), ordering="title")
    def show_title(self, gap: Gap) -> str:
        return format_html('<span class="ah-cell"><strong>{}</strong></span>', gap.title)

    @display(description=_("asked"), ordering="count")
    def show_count(self, gap: Gap) -> int:
        return int(getattr(gap, "count", 0))

    @display(description=_("last 7 days"), ordering="recent")
    def show_trend(self, gap: Gap) -> str:
        return _tell_trend(gap)

    @display(description=_("last asked"), ordering="last_at")
    def show_last(self, gap: Gap) -> str:
        last = getattr(gap, "last_at", None)
        return show_day(last) if last else ""

    @display(description=_("state"), ordering="state", label=STATE_TONES)
    def show_state(self, gap: Gap) -> tuple[str, str]:
        if gap.article is not None and gap.article.state == Article.State.PUBLISHED:
            return gap.state, str(_("published"))
        return gap.state, gap.get_state_display()


@admin.register(Contradiction)
class ContradictionAdmin(ReadOnlyAdmin[Contradiction]):
    empty_advice = _(
        "Every night the public articles are compared with each other. Two that say different "
        "things of the same matter stand here."
    )
    list_display = ("show_claim", "show_counterclaim", "show_state", "found_at", "show_decision")
    list_display_links = None
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_submit = True
    list_select_related = ("article", "other")
    list_before_template = "agent/admin/_care.html"
    search_fields = ("claim", "counterclaim", "article__title", "other__title")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:contradiction_id>/dismissal/",
                wrap(contradiction_dismissal),
                name="agent_contradiction_dismissal",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "care": "contradictions"})

    @display(description=_("says"))
    def show_claim(self, contradiction: Contradiction) -> str:
        return _show_claim(contradiction.article, contradiction.claim)

    @display(description=_("says otherwise"))
    def show_counterclaim(self, contradiction: Contradiction) -> str:
        return _show_claim(contradiction.other, contradiction.counterclaim)

    @display(description=_("state"), ordering="state", label=STATE_TONES)
    def show_state(self, contradiction: Contradiction) -> tuple[str, str]:
        return contradiction.state, contradiction.get_state_display()

    @display(description="")
    def show_decision(self, contradiction: Contradiction) -> str:
        if contradiction.state != Contradiction.State.OPEN:
            return ""
        # A button of the list's own form, which carries its token.
        return format_html(
            '<button class="ah-button ah-button--small" formaction="{}">{}</button>',
            reverse("admin:agent_contradiction_dismissal", args=[contradiction.pk]),
            _("No contradiction"),
        )


def _deciding(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A POST by whoever may decide on gaps."""

    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("agent.change_gap"):
            raise PermissionDenied
        return view(request, **arguments)

    return guarded


@_deciding
def search(request: HttpRequest) -> HttpResponse:
    """Has a job look for gaps now rather than within the hour."""
    with transaction.atomic():
        jobs.enqueue("agent.find_gaps", queue="knowledge", unless_queued=True)
    messages.info(request, _t("It is being looked for. Load this page again in a minute."))
    return redirect("admin:agent_gap_changelist")


@_deciding
def article_of_gap(request: HttpRequest, gap_id: int) -> HttpResponse:
    """Opens the drafted article, which is made if there is none, for editing."""
    if not request.user.has_perm("knowledge.add_article"):
        raise PermissionDenied
    gap = get_object_or_404(Gap, pk=gap_id)
    article = open_article(gap, staff=cast("User", request.user))
    messages.info(request, _t("A draft: read it, look for private data, and publish it."))
    return redirect("admin:knowledge_article_change", article.pk)


@_deciding
def dismissal(request: HttpRequest, gap_id: int) -> HttpResponse:
    """No article is needed; `undo` takes that back."""
    gap = get_object_or_404(Gap, pk=gap_id)
    if "undo" in request.POST:
        reopen_gap(gap)
    else:
        dismiss_gap(gap, staff=cast("User", request.user))
    return redirect("admin:agent_gap_change", gap.pk)


@_deciding
def contradiction_dismissal(request: HttpRequest, contradiction_id: int) -> HttpResponse:
    dismiss_contradiction(get_object_or_404(Contradiction, pk=contradiction_id))
    return redirect("admin:agent_contradiction_changelist")


def _mark_checked(request: HttpRequest) -> HttpResponse:
    """Somebody made sure today that the article is true."""
    if not request.user.has_perm("knowledge.change_article"):
        raise PermissionDenied
    article = get_object_or_404(Article, pk=parse_key(request.POST.get("article", "")))
    article.checked_on = timezone.localdate()
    article.save(update_fields=["checked_on", "updated_at"])
    messages.success(request, _t("Checked today: %(title)s") % {"title": article.title})
    return redirect("admin:agent_gap_stale")


def _show_claim(article: Article, claim: str) -> str:
    return format_html(
        '<span class="ah-cell"><span>{}</span><a class="ah-cell__sub" href="{}">{}</a></span>',
        claim,
        reverse("admin:knowledge_article_change", args=[article.pk]),
        article.title,
    )


def _tell_trend(gap: Gap) -> str:
    recent, before = getattr(gap, "recent", 0), getattr(gap, "before", 0)
    arrow = "↗" if recent > before else "↘" if recent < before else "→"
    return f"{arrow} {recent} ({before})"
