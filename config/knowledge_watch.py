"""Alerts about the knowledge: articles past their last day or with a suspect text, and sources
that cannot be read."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import alerts
from knowledge.care import list_expired, list_suspect
from knowledge.models import Article, KnowledgeSource

_NAMED = 10


def check_knowledge(now: datetime) -> None:
    """Opens each alert while its cause lasts, and closes it afterwards."""
    expired = list_expired(timezone.localdate(now)).select_related("owner")
    count = expired.count()
    if count:
        title = ngettext(
            "%(n)d article is past its last day",
            "%(n)d articles are past their last day",
            count,
        )
        told = [_said(article) for article in expired.order_by("valid_until")[:_NAMED]]
        alerts.raise_alert(
            "knowledge-expired",
            title=title % {"n": count},
            detail=_(
                "They are neither found nor quoted. Check them and set a new day, or archive "
                "them: %(articles)s."
            )
            % {"articles": "; ".join(told)},
            now=now,
        )
    else:
        alerts.clear_alert("knowledge-expired", now=now)
    suspect = list(list_suspect().select_related("owner").order_by("pk")[:_NAMED])
    if suspect:
        alerts.raise_alert(
            "knowledge-suspect",
            title=_("Articles hold hidden text, or text that reads like an order to the agent"),
            detail=_("Open them to see where, and correct or archive them: %(articles)s.")
            % {"articles": "; ".join(map(_said, suspect))},
            now=now,
        )
    else:
        alerts.clear_alert("knowledge-suspect", now=now)
    failed = list(KnowledgeSource.objects.filter(state=KnowledgeSource.State.FAILED)[:_NAMED])
    if failed:
        alerts.raise_alert(
            "knowledge-sources",
            title=_("Sources of the knowledge cannot be read"),
            detail="; ".join(f"{source}: {source.problem}" for source in failed),
            now=now,
        )
    else:
        alerts.clear_alert("knowledge-sources", now=now)


def _said(article: Article) -> str:
    return f"{article} ({article.owner})" if article.owner else str(article)
