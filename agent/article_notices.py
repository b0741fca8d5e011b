"""What staff hear of an article that reads like orders to the agent."""

from django.utils.translation import gettext as _

from agent.guardrails.articles import Order, list_orders
from knowledge.inspection import inspector
from knowledge.models import Article


@inspector
def tell_orders(article: Article) -> list[str]:
    return [_tell(order) for order in list_orders(article)]


def _tell(order: Order) -> str:
    place = (
        _("Line %(line)d") % {"line": order.line} if order.line else _("Its title or encoded text")
    )
    values = {"place": place, "words": order.words, "rule": order.rule}
    if order.withholds:
        return (
            _(
                "%(place)s reads like an instruction to the agent: “%(words)s” (rule “%(rule)s”). "
                "No model reads this article until that is changed."
            )
            % values
        )
    return (
        _("%(place)s reads like an instruction to the agent: “%(words)s” (rule “%(rule)s”).")
        % values
    )
