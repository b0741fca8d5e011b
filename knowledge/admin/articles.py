"""Articles in the console: edit, publish, import, export, preview, history."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from knowledge.admin import notices, tables, uploads
from knowledge.admin.base import ArticleAdminBase, TabularInline, action, display
from knowledge.admin.versions import restore, show_versions
from knowledge.care import list_expired, list_expiring, list_suspect
from knowledge.indexing import request_indexing
from knowledge.inspection import list_findings
from knowledge.models import Article, Passage
from knowledge.pages import render_article

State = Article.State


class PassageInline(TabularInline[Passage, Article]):
    """What a search can find of the article; made from its text, never edited."""

    model = Passage
    fields = readonly_fields = ("position", "heading_path", "text", "token_count")
    extra = 0
    tab = True
    can_delete = False
    verbose_name_plural = _("passages for search")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CareFilter(admin.SimpleListFilter):
    title = _("needs care")
    parameter_name = "validity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("expired", _("past its last day")),
            ("soon", _("ends within 14 days")),
            ("suspect", _("hidden text, or orders to the agent")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        today = timezone.localdate()
        match self.value():
            case "expired":
                return queryset.filter(pk__in=list_expired(today).values("pk"))
            case "soon":
                return queryset.filter(pk__in=list_expiring(today).values("pk"))
            case "suspect":
                return queryset.filter(pk__in=list_suspect().values("pk"))
            case _:
                return queryset


@admin.register(Article)
class ArticleAdmin(ArticleAdminBase[Article]):
    list_display = [
        "show_article",
        "topic",
        "show_state",
        "show_audience",
        "owner",
        "checked_on",
        "valid_until",
        "show_indexed",
    ]
    list_filter = [
        CareFilter,
        "state",
        "audience",
        "language",
        "topic",
        "product",
        "owner",
        "checked_on",
    ]
    list_select_related = ["owner"]
    search_fields = ["title", "slug", "summary", "keywords", "body", "imported_from"]
    ordering = ["topic", "title"]
    inlines = [PassageInline]
    actions = ["publish", "archive", "reindex"]
    actions_list = ["upload"]
    actions_detail = ["preview", "versions"]
    readonly_fields = ["imported_from", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "body"]}),
        (_("Publication"), {"fields": ["state", "audience", "language", "topic", "product"]}),
        (
            _("Care"),
            {"fields": ["keywords", "owner", "checked_on", "valid_until", *readonly_fields]},
        ),
    ]
    history_list_display = ["state", "audience"]
    resource_classes = [tables.ArticleResource]
    formats = tables.FORMATS

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("upload/", view(uploads.upload_articles), name="knowledge_article_upload"),
            path(
                "<int:pk>/versions/",
                view(show_versions),
                name="knowledge_article_versions",
            ),
            path(
                "<int:pk>/versions/<int:version>/restore/",
                view(restore),
                name="knowledge_article_restore",
            ),
            path("<int:pk>/preview/", view(self.preview_page), name="knowledge_article_preview"),
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        request_indexing(obj.pk)
        notices.tell(request, obj)
        if "_continue" not in request.POST:  # else the page that follows says it
            _warn(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, *arguments: Any, **options: Any
    ) -> HttpResponse:
        """With what is suspect in the text above it, for as long as it is."""
        article = self.get_object(request, object_id) if request.method == "GET" else None
        if article is not None:
            _warn(request, article)
        return super().change_view(request, object_id, *arguments, **options)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return uploads.may_upload(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_upload_permission(self, request: HttpRequest) -> bool:
        return uploads.may_upload(request)

    def preview_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The article as customers see or would see it, whatever its state."""
        article = self.get_object(request, str(pk))
        if article is None or not self.has_view_permission(request, article):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": article.title,
            "opts": self.opts,
            "article": article,
            "body": render_article(article),
        }
        return render(request, "knowledge/admin/preview.html", context)

    @action(description=_("Import files"), url_path="upload-files", permissions=["upload"])
    def upload(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:knowledge_article_upload")

    @action(description=_("Preview"), url_path="show-preview", permissions=["view"])
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin:knowledge_article_preview", object_id)

    @action(description=_("Versions"), url_path="show-versions", permissions=["view"])
    def versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin:knowledge_article_versions", object_id)

    @admin.action(description=_("Publish the selected articles"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._move(request, queryset, State.PUBLISHED)

    @admin.action(description=_("Archive the selected articles"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._move(request, queryset, State.ARCHIVED)

    @admin.action(description=_("Index the selected articles again"), permissions=["change"])
    def reindex(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        with transaction.atomic():
            keys = list(queryset.values_list("pk", flat=True))
            # So that it is done even if the passages seem to be up to date.
            Article.objects.filter(pk__in=keys).update(indexed_fingerprint="")
            for key in keys:
                request_indexing(key)
        text = ngettext(
            "%(n)d article will be indexed.", "%(n)d articles will be indexed.", len(keys)
        )
        self.message_user(request, text % {"n": len(keys)}, messages.SUCCESS)

    def _move(self, request: HttpRequest, queryset: QuerySet[Article], state: str) -> None:
        with transaction.atomic():
            moved = [
                article
                for article in queryset.select_for_update(of=("self",))
                if article.move_to(state)
            ]
        text = ngettext("%(n)d article changed.", "%(n)d articles changed.", len(moved))
        self.message_user(request, text % {"n": len(moved)}, messages.SUCCESS)
        for article in moved:
            notices.tell(request, article)
            _warn(request, article)

    @display(description=_("article"), ordering="title", header=True)
    def show_article(self, article: Article) -> tuple[str, str]:
        return article.title, article.slug

    @display(
        description=_("state"),
        ordering="state",
        label={"published": "success", "draft": "info", "archived": "warning"},
    )
    def show_state(self, article: Article) -> tuple[str, str]:
        return article.state, article.get_state_display()

    @display(description=_("audience"), ordering="audience", label={"internal": "warning"})
    def show_audience(self, article: Article) -> tuple[str, str]:
        return article.audience, article.get_audience_display()

    @display(description=_("searchable"), boolean=True)
    def show_indexed(self, article: Article) -> bool:
        return article.indexed_fingerprint == article.fingerprint()


def _warn(request: HttpRequest, article: Article) -> None:
    for finding in list_findings(article):
        messages.warning(request, finding)
