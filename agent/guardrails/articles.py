"""What the rules for articles find in one: sentences that read like an order to the agent.

By words only, in every disguise that `disguises` sees through: the whole text is looked at
whenever a passage of it is found, and in the web process when it is saved.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from agent import patterns
from agent.guardrails.disguises import COMMON_WORDS, unmask
from agent.kept_findings import KeptFindings
from agent.models import RuleContent, RuleInForce
from agent.patterns import SlowPatternError
from agent.plaintext import fold, normalise
from crm.remembered import Remembered
from knowledge.models import Article
from knowledge.unseen import visible

MAX_CHARACTERS = 200_000  # of an article; what is longer is looked at in part
_KEPT = 2048


@dataclass(frozen=True, slots=True)
class Order:
    """Words of an article that a rule catches. `line` is where they stand, 0 if only underneath a
    disguise; `withholds` says that no model may read the article."""

    rule: str
    words: str
    line: int
    withholds: bool


@dataclass(frozen=True, slots=True)
class _Wording:
    rule: str
    patterns: str
    withholds: bool


def list_orders(article: Article) -> list[Order]:
    """One for each rule that applies; a rule that takes too long applies, too."""
    return list(_find_orders(_list_rules(), article.title, article.body[:MAX_CHARACTERS]))


def list_withheld(article_ids: Iterable[int]) -> dict[int, str]:
    """Of the articles those that no model may read, with the words that are the reason. The rules
    are `Remembered`: a change counts within a second; an article is read as it is."""
    rules = _rules.get()
    withheld: dict[int, str] = {}
    if not any(rule.withholds for rule in rules):
        return withheld
    for article in Article.objects.filter(pk__in=set(article_ids)).only("title", "body"):
        for order in _find_orders(rules, article.title, article.body[:MAX_CHARACTERS]):
            if order.withholds:
                withheld.setdefault(article.pk, order.words)
    return withheld


def _list_rules() -> tuple[_Wording, ...]:
    rows = RuleInForce.objects.filter(rule__enabled=True, stage=RuleContent.Stage.ARTICLE)
    return tuple(
        _Wording(name, wording, action != RuleContent.Action.WARN)
        for name, wording, action in rows.order_by("rule__priority", "rule__name").values_list(
            "rule__name", "patterns", "action"
        )
    )


_rules = Remembered(_list_rules)
_kept: KeptFindings[tuple[Order, ...]] = KeptFindings(most=_KEPT)


def _find_orders(rules: tuple[_Wording, ...], title: str, body: str) -> tuple[Order, ...]:
    return _kept.get(repr((rules, title, body)), lambda: _look(rules, title, body))


def _look(rules: tuple[_Wording, ...], title: str, body: str) -> tuple[Order, ...]:
    text = normalise(f"{title}\n{visible(body)}")
    wordings = [text, fold(text), *(normalise(found) for found in unmask(text, COMMON_WORDS))]
    found = (_find(rule, wordings) for rule in rules)
    return tuple(order for order in found if order)


def _find(rule: _Wording, wordings: list[str]) -> Order | None:
    for number, wording in enumerate(wordings):
        try:
            words = patterns.find(rule.patterns, wording)
        except SlowPatternError:
            return Order(rule.rule, "", 0, rule.withholds)
        if words:
            # The title is a line of its own before the text's first.
            line = wording.count("\n", 0, wording.find(words)) if number < 2 else 0
            return Order(rule.rule, " ".join(words.split())[:160], line, rule.withholds)
    return None
