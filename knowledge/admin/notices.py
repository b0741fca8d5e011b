"""What other apps say to staff who have just saved an article.

The knowledge knows nothing of who was answered from it; the agent registers a function here, in
its `admin` modules.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest

from knowledge.models import Article

Tell = Callable[[HttpRequest, Article], str]

_tellers: list[Tell] = []


def after_saving(function: Tell) -> Tell:
    """Registers a function that returns a sentence as safe HTML, or "" where it has nothing."""
    _tellers.append(function)
    return function


def tell(request: HttpRequest, article: Article) -> None:
    for function in _tellers:
        sentence = function(request, article)
        if sentence:
            messages.warning(request, sentence)
