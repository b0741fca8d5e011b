"""The versions of an article in the console: listed, compared, restored."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _

from knowledge.models import Article
from knowledge.versions import compare, restore_version

_LISTED = 100


def show_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """The list, and `?version=` compared with what came before it, or with `?with=now`."""
    if not request.user.has_perm("knowledge.view_article"):
        raise PermissionDenied
    article = get_object_or_404(Article, pk=pk)
    history = article.history.select_related("history_user").order_by("-history_id")
    versions = list(history[:_LISTED])
    chosen = request.GET.get("version", "")
    version = next((one for one in versions if str(one.history_id) == chosen), None)
    if version is None and versions and not chosen:
        version = versions[0]
    if version is None and chosen:
        raise Http404
    with_now = request.GET.get("with") == "now"
    before = None
    if version is not None and not with_now:
        before = history.filter(history_id__lt=version.history_id).first()
    older, newer = (version, article) if with_now else (before, version)
    context = {
        **admin.site.each_context(request),
        "title": _("Versions"),
        "opts": Article._meta,
        "article": article,
        "versions": versions,
        "version": version,
        "with_now": with_now,
        "is_latest": bool(versions) and version == versions[0],
        "first": older is None,
        "changes": compare(older, newer) if older is not None and newer is not None else [],
        "may_restore": request.user.has_perm("knowledge.change_article"),
    }
    return render(request, "knowledge/admin/versions.html", context)


def restore(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """POST makes the version's text the article's again."""
    if not request.user.has_perm("knowledge.change_article"):
        raise PermissionDenied
    article = get_object_or_404(Article, pk=pk)
    if request.method == "POST":
        if restore_version(article.pk, version, user_id=request.user.pk or 0):
            text = _("The article has the text of that version again; it is a new version.")
            messages.success(request, text)
        else:
            messages.info(request, _("The article has that text already."))
    return redirect("admin:knowledge_article_versions", pk)
