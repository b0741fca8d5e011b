"""What staff should know of an article's text before a model reads it.

The knowledge looks for what readers do not see; the agent registers a function that looks for what
reads like an order to it.
"""

from collections.abc import Callable

from django.utils.translation import gettext as _

from knowledge.models import Article
from knowledge.unseen import find_unseen

Inspect = Callable[[Article], list[str]]

_SHOWN = 5
_inspectors: list[Inspect] = []


def inspector(function: Inspect) -> Inspect:
    """Registers a function that returns sentences, each with the place in the article."""
    _inspectors.append(function)
    return function


def list_findings(article: Article) -> list[str]:
    """Sentences for staff; [] for an article that is as it looks."""
    return [sentence for inspect in _inspectors for sentence in inspect(article)]


@inspector
def _tell_unseen(article: Article) -> list[str]:
    told = []
    for unseen in find_unseen(article.body)[:_SHOWN]:
        if unseen.words:
            told.append(
                _("Line %(line)d holds text that readers do not see: “%(words)s”.")
                % {"line": unseen.line, "words": unseen.words[:120]}
            )
        else:
            told.append(_("Line %(line)d holds hidden characters.") % {"line": unseen.line})
    return told
