"""An article as it is shown, to customers and in the console."""

from django.urls import reverse
from django.utils.safestring import SafeString

from knowledge.documents import BrokenDocumentError, address
from knowledge.markdown import relative_links, render
from knowledge.models import Article
from knowledge.unseen import visible


def render_article(article: Article) -> SafeString:
    """The article's text as safe HTML, without comments and hidden characters; links to other
    files lead to their articles."""
    return render(
        visible(article.body), resolve_link=relative_links(article.source_path(), _page_of)
    )


def _page_of(path: str) -> str:
    try:
        return reverse("knowledge:article", args=[address(path)])
    except BrokenDocumentError:
        return reverse("knowledge:help")  # it leads out of the collection
