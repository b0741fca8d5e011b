"""Puts together what a person may answer with."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction

from agent import plaintext
from agent.candidates import as_candidate
from agent.language import detect_language, is_served
from agent.models import AgentRun, Draft, Suggestion
from agent.quoting import quote
from agent.suggestions.past_replies import find_replies
from crm.models import Conversation, Message
from crm.services import printable
from knowledge.search import search_passages
from knowledge.types import FoundPassage

Kind = Suggestion.Kind

SEARCHED = 8
MAX_ARTICLES = 3
# What fits less is noise beside a prepared answer; by design, a person reads what is offered.
FITS = 0.3
MAX_QUESTION = 2_000

_ANSWERS = {AgentRun.Decision.SHADOW, AgentRun.Decision.DRAFT}


def suggest_replies(conversation_id: int, *, now: datetime) -> int:
    """Makes the offers for what waits in a conversation that people hold anew; returns how many.
    Without a question, or with the agent at it, what was offered is taken away.

    Slow, and loads the embedding model: for the worker, with no transaction open.
    """
    conversation = Conversation.objects.get(pk=conversation_id)
    waiting = list(conversation.messages.awaiting_answer().order_by("pk"))
    offers: list[Suggestion] = []
    if waiting and conversation.handler == Conversation.Handler.STAFF:
        question = _read(conversation, waiting)
        offers += _offer_prepared(conversation, waiting[-1])
        if question:
            offers += _offer_passages(question)
            offers += _offer_past_replies(conversation, question)
    return len(offers) if _replace(conversation, offers, read=waiting, now=now) else 0


@transaction.atomic
def _replace(
    conversation: Conversation, offers: list[Suggestion], *, read: list[Message], now: datetime
) -> bool:
    """Under the conversation's lock, since two jobs may be at it. What was used stays.

    False, and nothing, if other messages wait than were read: a reply may have been written from
    an offer that stands, and its use is not noted yet; to a new message a job follows.
    """
    locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if list(locked.messages.awaiting_answer().order_by("pk")) != read:
        return False
    Suggestion.objects.filter(conversation=conversation, reply__isnull=True).delete()
    for position, offer in enumerate(offers):
        offer.conversation, offer.position, offer.created_at = conversation, position, now
        offer.title, offer.text = printable(offer.title)[:300], printable(offer.text)
    Suggestion.objects.bulk_create(offers)
    return True


def _read(conversation: Conversation, waiting: list[Message]) -> str:
    """What waits, with the subject under a first message, as `agent.questions` reads it."""
    texts = [plaintext.read(plaintext.said(message.text)).shown for message in waiting]
    earlier = conversation.messages.filter(
        author=Message.Author.CUSTOMER, pk__lt=waiting[0].pk
    ).exists()
    subject = "" if earlier else plaintext.read(conversation.subject).shown
    said = "\n\n".join(text for text in texts if text)
    return f"{subject}\n\n{said}".strip()[:MAX_QUESTION] if said else ""


def _offer_prepared(conversation: Conversation, newest: Message) -> Iterator[Suggestion]:
    """What the agent wanted to say to the newest message, and whether passages support it; not
    what staff have thrown away."""
    run = (
        conversation.runs.filter(message=newest, state=AgentRun.State.DONE)
        .exclude(draft="")
        .exclude(proposal__state=Draft.State.REJECTED)
        .order_by("-pk")
        .first()
    )
    if run is not None:
        yield Suggestion(
            kind=Kind.PREPARED,
            text=run.draft,
            is_supported=run.decision in _ANSWERS,
            why=run.explanation,
            fit=run.confidence,
            run=run,
            url=run.sources[0]["url"] if run.sources else "",
            title=run.sources[0]["title"] if run.sources else "",
        )


def _offer_passages(question: str) -> Iterator[Suggestion]:
    """The best articles: a public one as a quotation with its address, an internal one to read."""
    language = detect_language(question)
    passages = search_passages(
        question,
        limit=SEARCHED,
        language=language if is_served(language) else None,
        include_internal=True,
    )
    by_article: dict[int, list[FoundPassage]] = {}
    for passage in passages:
        by_article.setdefault(passage.article_id, []).append(passage)
    for found in list(by_article.values())[:MAX_ARTICLES]:
        candidates = [as_candidate(passage) for passage in found]
        fit = max(candidate.fit for candidate in candidates)
        if fit < FITS:
            continue
        first, is_public = found[0], found[0].audience == "public"
        address = urljoin(f"{settings.PUBLIC_URL}/", first.url) if is_public else ""
        said = quote(question, candidates).text if is_public else candidates[0].text
        yield Suggestion(
            kind=Kind.PASSAGE,
            title=first.title,
            text=f"{said}\n\n{address}" if is_public else plaintext.from_markdown(said),
            url=address,
            is_quotable=is_public,
            fit=round(fit, 3),
        )


def _offer_past_replies(conversation: Conversation, question: str) -> Iterator[Suggestion]:
    for found in find_replies(question, but=[conversation.pk]):
        yield Suggestion(
            kind=Kind.STAFF,
            title=found.reference,
            text=found.text,
            fit=found.likeness,
            ticket_id=found.ticket_id,
        )
