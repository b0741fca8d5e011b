"""The public help centre: topics, articles, search."""

from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from knowledge.markdown import plain_text
from knowledge.models import Article
from knowledge.pages import render_article
from knowledge.search import search_help


@require_safe
def help_centre(request: HttpRequest) -> HttpResponse:
    """All topics, or what `?q=` finds; only the results if htmx asks."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:200]
    if query:
        results = [(found, plain_text(found.text)) for found in search_help(query)]
        context: dict[str, Any] = {"query": query, "results": results}
    else:
        articles = Article.objects.public().defer("body").order_by("topic", "title")
        topics = groupby(articles, key=lambda article: article.topic)
        listed = [(topic, list(group)) for topic, group in topics]
        listed.sort(key=lambda entry: not entry[0])  # what has no topic comes last
        context = {"query": "", "topics": listed}
    fragment = "HX-Request" in request.headers
    template = "knowledge/_results.html" if fragment else "knowledge/help_centre.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One public article. An internal or unpublished one is unknown here, as is any other."""
    if slug.endswith("/"):
        return redirect("knowledge:article", slug.rstrip("/"), permanent=True)
    found = Article.objects.public().filter(slug=slug.replace("\0", "")).first()
    if found is None:
        raise Http404
    return render(
        request, "knowledge/article.html", {"article": found, "body": render_article(found)}
    )
