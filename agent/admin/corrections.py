"""Who got an answer from a text that was corrected since, and a reply to each of them."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.models import Correction
from agent.recall.answers import OldAnswer, count_old_answers, list_old_answers
from agent.recall.changes import Change, get_change, list_late_changes
from agent.recall.corrections import dismiss, queue_corrections
from agent.recall.wording import prepare_correction
from crm.admin.base import ReadOnlyAdmin, display
from crm.keys import parse_key
from crm.models import User
from knowledge.admin.notices import after_saving
from knowledge.models import Article

TONES = {"queued": "info", "sent": "success", "dismissed": "", "failed": "danger"}
# A change that was made this long ago was not made by the click that is being answered.
_JUST_NOW = 60


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin[Correction]):
    """What was decided; above it the changes that somebody should look at."""

    empty_advice = _(
        "When an article that customers were answered from is corrected, it is named above. "
        "Whom you write to, or decide not to, stands here."
    )
    list_display = ("show_conversation", "article", "show_state", "staff", "created_at")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_submit = True
    list_select_related = ("conversation__customer", "article", "staff")
    list_before_template = "agent/admin/_changes.html"
    search_fields = ("article__title", "conversation__customer__name")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "article/<int:article_id>/",
                wrap(self.recall_page),
                name="agent_correction_article",
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Correction]:
        return super().get_queryset(request).defer("text")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        changes = [
            (change, count) for change in list_late_changes(now=timezone.now())
            if (count := count_old_answers(change))
        ]  # fmt: skip
        return super().changelist_view(request, {**(extra_context or {}), "changes": changes})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        correction = get_object_or_404(Correction, pk=parse_key(object_id))
        page = reverse("admin:agent_correction_article", args=[correction.article_id])
        return redirect(f"{page}?change={correction.change}")

    def recall_page(self, request: HttpRequest, article_id: int) -> HttpResponse:
        """Everybody who got the old answer; a POST writes to one, to all, or to none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        article = get_object_or_404(Article, pk=article_id)
        wanted = request.POST.get("change") or request.GET.get("change")
        change = get_change(article, parse_key(wanted) if wanted else None)
        if change is None:
            raise Http404
        answers = list_old_answers(change)
        if request.method == "POST":
            return _decide(request, change, answers)
        open_answers = [answer for answer in answers if answer.correction is None]
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Who got the old answer"),
            "opts": self.opts,
            "article": article,
            "change": change,
            "waiting": [
                (answer, prepare_correction(change, answer))
                for answer in sorted(open_answers, key=lambda one: one.still_stands)
            ],
            "wrong": sum(not answer.still_stands for answer in open_answers),
            "decided": [answer for answer in answers if answer.correction],
            "may_write": request.user.has_perm("agent.add_correction"),
        }
        return TemplateResponse(request, "agent/admin/recall.html", context)

    @display(description=_("conversation"), ordering="id")
    def show_conversation(self, correction: Correction) -> str:
        return format_html(
            '<span class="ah-cell"><strong>{}</strong><span class="ah-cell__sub">{}</span></span>',
            correction.conversation,
            correction.conversation.customer,
        )

    @display(description=_("state"), ordering="state", label=TONES)
    def show_state(self, correction: Correction) -> tuple[str, str]:
        return correction.state, correction.get_state_display()


def _decide(request: HttpRequest, change: Change, answers: list[OldAnswer]) -> HttpResponse:
    """`send` names a message, or `all` for those whose answer no longer stands; `leave` names
    one that needs no correction."""
    if not request.user.has_perm("agent.add_correction"):
        raise PermissionDenied
    staff, now = cast("User", request.user), timezone.now()
    send, leave = request.POST.get("send", ""), parse_key(request.POST.get("leave", ""))
    chosen = [
        answer
        for answer in answers
        if (send == "all" and not answer.still_stands) or answer.message.pk == parse_key(send)
    ]
    texts = {
        answer: request.POST.get(f"text-{answer.message.pk}", "").strip()
        or prepare_correction(change, answer)
        for answer in chosen
        if answer.correction is None
    }
    if send:
        count = queue_corrections(change, texts, staff=staff, now=now)
        text = ngettext(
            "%(n)d correction is on its way.", "%(n)d corrections are on their way.", count
        )
        messages.success(request, text % {"n": count})
    for answer in answers:
        if answer.message.pk == leave:
            dismiss(change, answer, staff=staff, now=now)
    page = reverse("admin:agent_correction_article", args=[change.article.pk])
    return redirect(f"{page}?change={change.id}")


@after_saving
def offer_recall(request: HttpRequest, article: Article) -> str:
    """Right after a change, how many got the old answer, and where to write to them."""
    if not request.user.has_perm("agent.view_correction"):
        return ""
    change = get_change(article)
    if change is None or (timezone.now() - change.at).total_seconds() > _JUST_NOW:
        return ""
    count = count_old_answers(change)
    if not count:
        return ""
    text = ngettext(
        "%(n)d answer was given from the old text.",
        "%(n)d answers were given from the old text.",
        count,
    )
    page = reverse("admin:agent_correction_article", args=[article.pk])
    return format_html(
        '{} <a href="{}" class="underline">{}</a>',
        text % {"n": count},
        f"{page}?change={change.id}",
        _t("See who, and write to them"),
    )
