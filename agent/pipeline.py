"""From a question to a decision, with no word to the customer and no transaction.

Rules and reading come before any model; a model's proposal is checked before it counts.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import override

from agent import sentiment
from agent.asking import ask_models
from agent.autonomy.permission import permit
from agent.decision import hand_over, with_warnings
from agent.guardrails.screening import Hit, Screened, screen
from agent.intents.recognition import recognise
from agent.journal import Journal
from agent.language import detect_language, is_served
from agent.mind import Mind, make_mind
from agent.models import AgentRun, AgentStep
from agent.smalltalk import is_greeting, is_small_talk
from agent.types import (
    Decision,
    Desk,
    HandOver,
    Intention,
    Question,
    Reading,
    Search,
    Stakes,
)
from knowledge.search import search_passages
from tickets.models import Ticket

Reason = Ticket.Reason


@dataclass(frozen=True, slots=True)
class Considered:
    """A decision, and what was read on the way to it."""

    decision: Decision
    reading: Reading


def consider(
    question: Question,
    *,
    desk: Desk,
    journal: Journal,
    search: Search = search_passages,
    mind: Mind | None = None,
) -> Considered:
    """Decides what is done with the question. Slow; no transaction may be open.

    Without a `mind` it thinks as in a trial: with the active prompt, and on nobody's account.

    Raises what the search or the database raise; a model that fails is dealt with here.
    """
    mind = mind or make_mind()
    screened = _screen(question, journal, mind)
    reading = _read(question, journal)
    decision = _decide_early(question, reading, screened.hit, mind) or ask_models(
        question, reading, mind=mind, desk=desk, journal=journal, search=search
    )
    decision = with_warnings(decision, screened)
    with journal.step(AgentStep.Kind.DECISION, decision.action) as note:
        note.detail.update(
            reason=decision.reason, why=decision.explanation, confidence=decision.confidence
        )
    return Considered(decision, reading)


def _screen(question: Question, journal: Journal, mind: Mind) -> Screened:
    with journal.step(AgentStep.Kind.GUARDRAIL, _("No rule applies")) as note:
        screened = screen(question, book=mind.rulebook)
        screened.write(note)
    return screened


def _read(question: Question, journal: Journal) -> Reading:
    with journal.step(AgentStep.Kind.LANGUAGE, "") as note:
        language = detect_language(question.text, default=question.language)
        note.title = language
    with journal.step(AgentStep.Kind.SENTIMENT, "") as note:
        moods = [sentiment.read_mood(text) for text in question.texts]
        scores = tuple(mood.score for mood in moods)
        emotions = tuple(mood.emotion for mood in moods)
        note.title = ", ".join(f"{mood.score:+.2f} {mood.emotion}".strip() for mood in moods)
        note.detail.update(scores=list(scores), earlier=list(question.past_sentiments))
    return Reading(language, scores, emotions, _recognise(question, journal))


def _recognise(question: Question, journal: Journal) -> Intention | None:
    with journal.step(AgentStep.Kind.INTENT, _("unknown")) as note:
        intention = recognise(question.full_text)
        if intention:
            note.title = intention.name if intention.in_scope else _("out of scope")
            note.detail.update(
                name=intention.name, score=intention.score, in_scope=intention.in_scope
            )
    return intention


def _decide_early(
    question: Question, reading: Reading, hit: Hit | None, mind: Mind
) -> Decision | None:
    """The decision, where none is left to a model."""
    if hit and hit.reason != Reason.ACCOUNT:
        return hand_over(hit.hand_over())
    anger = _find_anger(question, reading)
    if anger:
        return hand_over(anger)
    if not question.text:
        what = _("The message holds files only.") if question.has_files else _("It is empty.")
        return hand_over(HandOver(Reason.NO_KNOWLEDGE, what))
    said = [text for text in (question.subject, *question.texts) if text]
    if all(is_small_talk(text) for text in said):
        return Decision(AgentRun.Decision.NO_REPLY, _("Thanks or a farewell; nothing is asked."))
    if hit:
        return hand_over(hit.hand_over())
    if not (question.past or question.has_files) and all(is_greeting(text) for text in said):
        return _greet(question, reading)
    if mind.model.is_offline and not is_served(reading.language):
        why = _("It is written in “%(language)s”, which the knowledge base does not serve.")
        return hand_over(HandOver(Reason.NO_KNOWLEDGE, why % {"language": reading.language}))
    return None


def _greet(question: Question, reading: Reading) -> Decision:
    """Once a conversation, so that two desks do not greet each other for ever; as far as the agent
    may say anything by itself."""
    with override(reading.language or None):
        text = _("Hello! What can we help you with?")
    stakes = Stakes(channel=question.channel, intent="", is_proven=question.is_proven)
    permission = permit(stakes, confidence=1.0)
    greeting = _("A greeting; nothing is asked yet.")
    return Decision(permission.action, f"{permission.why} {greeting}".strip(), text=text)


def _find_anger(question: Question, reading: Reading) -> HandOver | None:
    if reading.sentiment is not None and reading.sentiment <= sentiment.VERY_UNHAPPY:
        why = _("The customer is very unhappy (%(score).2f).") % {"score": reading.sentiment}
        return HandOver(Reason.SENTIMENT, why)
    if sentiment.is_rising_anger([*question.past_sentiments, *reading.sentiments]):
        return HandOver(Reason.SENTIMENT, _("The customer grew angrier over three messages."))
    return None
