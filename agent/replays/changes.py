"""A change that is tried, as what `agent.replay` takes; it is live for nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from agent import budgets
from agent.fallback import OFFLINE
from agent.guardrails.rulebook import Rulebook, build, get_rulebook, learn, make_rule
from agent.metering import Account
from agent.models import AgentRun, GuardrailRule, PromptVersion, Replay
from agent.pipeline import Considered
from agent.replay import replay as ask_again
from agent.types import Search
from knowledge.indexing import index_article
from knowledge.models import Article
from knowledge.search import search_passages
from knowledge.types import FoundPassage, Preview

Kind = Replay.Kind
Value = TypeVar("Value")


class ReplayError(Exception):
    """The change cannot be tried; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
    model: str | None = None
    version: PromptVersion | None = None
    rulebook: Rulebook | None = None
    search: Search = search_passages

    def ask(self, run: AgentRun) -> Considered:
        """What would be decided, at the desk's own cost. Raises ReplayError where the day's budget
        is used up: the offline model would answer instead, and tell nothing of the change."""
        if self._is_paid and budgets.find_exhausted(None, now=timezone.now()):
            raise ReplayError(_("The day's budget is used up. What was asked until then is below."))
        return ask_again(
            run,
            model=self.model,
            version=self.version,
            rulebook=self.rulebook,
            search=self.search,
            account=Account(),
        )

    @property
    def _is_paid(self) -> bool:
        return (self.model or settings.LLM_MODEL) != OFFLINE


@contextmanager
def prepare(tried: Replay) -> Iterator[Change]:
    """The change, while the block lasts. Raises ReplayError if something is missing."""
    match tried.kind:
        case Kind.MODEL:
            yield Change(model=_require(tried.model))
        case Kind.PROMPT:
            yield Change(version=_require(tried.prompt_version))
        case Kind.RULE:
            yield Change(rulebook=_make_rulebook(_require(tried.rule), tried.draft))
        case Kind.ARTICLE:
            with _preview(_require(tried.article), tried.draft) as search:
                yield Change(search=search)
        case _:
            yield Change()


def _make_rulebook(changed: GuardrailRule, patterns: str) -> Rulebook:
    """The rules in force with the changed one's patterns in its place, or without it if there are
    none. What it knows by meaning stays."""
    rules = [rule for rule in get_rulebook().rules if rule.name != changed.name]
    if patterns.strip():
        changed.patterns = patterns.strip()
        rule = make_rule(changed.name, changed, learn(changed))
        order = dict(GuardrailRule.objects.values_list("name", "priority"))
        rules = sorted([*rules, rule], key=lambda one: (order.get(one.name, 0), one.name))
    return build(rules)


@contextmanager
def _preview(article: Article, text: str) -> Iterator[Search]:
    """With a text, a copy that has it stands in for the article, unseen by every other search,
    and is gone afterwards."""
    if not text.strip():
        published = article.state == Article.State.PUBLISHED
        index_article(article.pk)
        preview = Preview(hidden=(article.pk,)) if published else Preview(shown=(article.pk,))
        yield partial(search_passages, preview=preview)
        return
    slug = f"replay/{article.slug}"[:200]
    _remove(slug)  # what a worker that died left behind
    copy = Article(
        slug=slug,
        title=article.title,
        summary=article.summary,
        keywords=article.keywords,
        language=article.language,
        audience=article.audience,
        body=text,
        state=Article.State.DRAFT,
    )
    copy.save()
    try:
        index_article(copy.pk)
        yield _Standing(copy, article)
    finally:
        _remove(slug)


class _Standing:
    """A search in which the copy stands in for the article, under the article's address."""

    def __init__(self, copy: Article, article: Article) -> None:
        self._copy, self._article = copy, article
        self._preview = Preview(shown=(copy.pk,), hidden=(article.pk,))

    def __call__(
        self,
        query: str,
        *,
        limit: int = 5,
        language: str | None = None,
        include_internal: bool = False,
    ) -> list[FoundPassage]:
        found = search_passages(
            query,
            limit=limit,
            language=language,
            include_internal=include_internal,
            preview=self._preview,
        )
        return [self._rename(one) if one.article_id == self._copy.pk else one for one in found]

    def _rename(self, passage: FoundPassage) -> FoundPassage:
        url = passage.url.replace(
            self._copy.get_absolute_url(), self._article.get_absolute_url(), 1
        )
        return replace(passage, article_id=self._article.pk, url=url)


def _remove(slug: str) -> None:
    """The copy and what the history noted of it."""
    Article.objects.filter(slug=slug).delete()
    Article.history.filter(slug=slug).delete()


def _require(value: Value | None) -> Value:
    if not value:
        raise ReplayError(_("It does not say what changes."))
    return value
