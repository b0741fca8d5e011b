"""Whoever owns an article learns when a customer was not helped by what was answered from it."""

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext as _
from django.utils.translation import override

from agent.gaps.stale import list_slugs
from crm.models import Message
from knowledge.models import Article
from tickets.models import Satisfaction


def tell_owners(ticket_id: int) -> int:
    """Mails the owners of the articles that a poorly rated ticket was answered from, one mail
    for each article; returns how many. The mail holds nothing of what was said. A retry may
    repeat it, which is harmless. No transaction may be open."""
    rating = Satisfaction.objects.select_related("ticket").get(ticket=ticket_id)
    ticket = rating.ticket
    answers = Message.objects.filter(
        conversation=ticket.conversation_id,
        author=Message.Author.AGENT,
        state=Message.State.SENT,
        created_at__gte=ticket.created_at,
    )
    slugs = {slug for (sources,) in answers.values_list("sources") for slug in list_slugs(sources)}
    articles = Article.objects.filter(slug__in=slugs, owner__is_active=True)
    owned = articles.exclude(owner__email="").select_related("owner").defer("body")
    for article in owned:
        with override(settings.LANGUAGE_CODE):
            send_mail(
                _("Rated %(score)d of 5 after an answer from “%(title)s”")
                % {"score": rating.score, "title": " ".join(article.title.split())},
                _("Ticket %(reference)s: %(address)s\n\nYou own the article.")
                % {
                    "reference": ticket.reference,
                    "address": f"{settings.PUBLIC_URL}/admin/tickets/ticket/{ticket.pk}/change/",
                },
                None,
                [article.owner.email] if article.owner else [],
            )
    return len(owned)
