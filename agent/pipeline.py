"""From a question to a decision, with no word to the customer and no transaction.

Rules and reading come before any model; a model's proposal is checked before it counts.
"""

from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _

from agent import sentiment
from agent.decision import decide, hand_over
from agent.fallback import OFFLINE, FallbackModel, get_chat_model
from agent.grounding import check_answer
from agent.guardrails import Hit, screen
from agent.journal import Journal
from agent.judgement import judge_answer
from agent.language import detect_language, is_served
from agent.loop import run_loop
from agent.model import Deadline, ModelError
from agent.models import AgentRun, AgentStep
from agent.outgoing import clean
from agent.prompts import build_messages
from agent.smalltalk import is_small_talk
from agent.tools import Toolbox
from agent.types import (
    Decision,
    Desk,
    HandOver,
    Proposal,
    Question,
    Reading,
    Search,
    Verdict,
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
    question: Question, *, desk: Desk, journal: Journal, search: Search = search_passages
) -> Considered:
    """Decides what is done with the question. Slow; no transaction may be open.

    Raises what the search or the database raise; a model that fails is dealt with here.
    """
    hit = _screen(question, journal)
    reading = _read(question, journal)
    decision = _decide_early(question, reading, hit) or _ask_models(
        question, reading, desk=desk, journal=journal, search=search
    )
    with journal.step(AgentStep.Kind.DECISION, decision.action) as note:
        note.detail.update(
            reason=decision.reason, why=decision.explanation, confidence=decision.confidence
        )
    return Considered(decision, reading)


def _screen(question: Question, journal: Journal) -> Hit | None:
    with journal.step(AgentStep.Kind.GUARDRAIL, _("No rule applies")) as note:
        hit = screen(question)
        if hit:
            note.title = hit.rule
            note.detail.update(reason=hit.reason, route=hit.route, words=hit.words[:200])
    return hit


def _read(question: Question, journal: Journal) -> Reading:
    with journal.step(AgentStep.Kind.LANGUAGE, "") as note:
        language = detect_language(question.text, default=question.language)
        note.title = language
    with journal.step(AgentStep.Kind.SENTIMENT, "") as note:
        scores = tuple(sentiment.score(text) for text in question.texts)
        note.title = ", ".join(f"{score:+.2f}" for score in scores)
        note.detail.update(scores=list(scores), earlier=list(question.past_sentiments))
    return Reading(language, scores)


def _decide_early(question: Question, reading: Reading, hit: Hit | None) -> Decision | None:
    """The decision, where none is left to a model."""
    if hit and hit.reason != Reason.ACCOUNT:
        return hand_over(hit.hand_over())
    anger = _find_anger(question, reading)
    if anger:
        return hand_over(anger)
    if not question.text:
        what = _("The message holds files only.") if question.has_files else _("It is empty.")
        return hand_over(HandOver(Reason.NO_KNOWLEDGE, what))
    if all(is_small_talk(text) for text in question.texts if text):
        return Decision(AgentRun.Decision.NO_REPLY, _("Thanks or a farewell; nothing is asked."))
    if hit:
        return hand_over(hit.hand_over())
    if settings.LLM_MODEL == OFFLINE and not is_served(reading.language):
        why = _("It is written in “%(language)s”, which the knowledge base does not serve.")
        return hand_over(HandOver(Reason.NO_KNOWLEDGE, why % {"language": reading.language}))
    return None


def _find_anger(question: Question, reading: Reading) -> HandOver | None:
    if reading.sentiment is not None and reading.sentiment <= sentiment.VERY_UNHAPPY:
        why = _("The customer is very unhappy (%(score).2f).") % {"score": reading.sentiment}
        return HandOver(Reason.SENTIMENT, why)
    if sentiment.is_rising_anger([*question.past_sentiments, *reading.sentiments]):
        return HandOver(Reason.SENTIMENT, _("The customer grew angrier over three messages."))
    return None


def _ask_models(
    question: Question, reading: Reading, *, desk: Desk, journal: Journal, search: Search
) -> Decision:
    """Lets the configured models work, the offline one behind them, and checks what they want."""
    model = get_chat_model()
    served = is_served(reading.language)
    toolbox = Toolbox(
        desk=desk, search=search, journal=journal, language=reading.language if served else None
    )
    deadline = Deadline(settings.LLM_TIMEOUT_SECONDS)
    try:
        outcome = run_loop(
            model=model,
            messages=build_messages(question),
            toolbox=toolbox,
            journal=journal,
            deadline=deadline,
        )
        if isinstance(outcome, HandOver):
            decision = decide(outcome, None, degraded=model.degraded)
        else:
            text = clean(outcome.text)
            verdict = _check(text, outcome, toolbox, served=served, model=model, deadline=deadline)
            decision = decide(outcome, verdict, degraded=model.degraded, text=text)
            if verdict.needs_approval:
                decision = _await_approval(decision)
    except ModelError as error:
        return hand_over(HandOver(Reason.FAILURE, str(error)))
    return _with_failures(decision, model)


def _check(
    text: str,
    proposal: Proposal,
    toolbox: Toolbox,
    *,
    served: bool,
    model: FallbackModel,
    deadline: Deadline,
) -> Verdict:
    """By words where the knowledge is in the customer's language, else by a model's judgement,
    which a person has to confirm; the offline one can neither write nor judge such an answer."""
    retrieved = tuple(toolbox.found.values())
    with toolbox.journal.step(AgentStep.Kind.GROUNDING, "") as note:
        if served:
            verdict = check_answer(text, proposal.passages, retrieved=retrieved)
        elif model.is_offline:
            verdict = Verdict(False, 0.0, (_("No model that knows the language is there."),))
        else:
            verdict = judge_answer(
                text,
                proposal.passages,
                retrieved=retrieved,
                model=model,
                deadline=deadline,
                journal=toolbox.journal,
            )
            verdict = replace(verdict, needs_approval=True)
        note.title = _("supported") if verdict.supported else _("not supported")
        note.detail.update(score=verdict.score, complaints=list(verdict.complaints))
    return verdict


def _await_approval(decision: Decision) -> Decision:
    """What would be sent, as a draft."""
    if decision.action != AgentRun.Decision.SEND:
        return decision
    why = _("Only a model compared it with the passages, which are in another language.")
    return replace(
        decision,
        action=AgentRun.Decision.DRAFT,
        explanation=f"{decision.explanation} {why}",
    )


def _with_failures(decision: Decision, model: FallbackModel) -> Decision:
    if not model.failures:
        return decision
    away = _("Models that did not answer: %(models)s.") % {"models": "; ".join(model.failures)}
    return replace(decision, explanation=f"{decision.explanation} {away}")
