"""Lets the models work on a question, and checks what they want to say before it counts."""

from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from agent.decision import decide, hand_over, with_warnings, with_withheld
from agent.disagreement import find_objection
from agent.fallback import FallbackModel
from agent.grounding import check_answer
from agent.guardrails.answers import screen_answer
from agent.guardrails.screening import Action, Hit, Screened
from agent.history import recall
from agent.journal import Journal, Note
from agent.judgement import judge_answer
from agent.language import is_served
from agent.loop import run_loop
from agent.mind import Mind
from agent.model import Deadline, ModelError
from agent.models import AgentRun, AgentStep
from agent.outgoing import clean
from agent.prompts import build_messages
from agent.tools import Toolbox
from agent.types import (
    Decision,
    Desk,
    HandOver,
    Proposal,
    Question,
    Reading,
    Search,
    Stakes,
    Verdict,
)
from tickets.models import Ticket


def ask_models(
    question: Question,
    reading: Reading,
    *,
    mind: Mind,
    desk: Desk,
    journal: Journal,
    search: Search,
) -> Decision:
    """What is done with the question by the configured models, the offline one behind them."""
    model = mind.model
    served = is_served(reading.language)
    stakes = Stakes(question.channel, reading.intent, question.is_proven)
    toolbox = Toolbox(
        desk=desk, search=search, journal=journal, language=reading.language if served else None
    )
    deadline = Deadline(settings.LLM_TIMEOUT_SECONDS)
    past = recall(question.past, model=model, deadline=deadline, journal=journal, keep=mind.is_live)
    messages = build_messages(question, prompt=mind.prompt, language=reading.language, past=past)
    try:
        outcome = run_loop(
            model=model, messages=messages, toolbox=toolbox, journal=journal, deadline=deadline
        )
        if not model.is_offline:
            journal.prompt_version = mind.version
        if isinstance(outcome, HandOver):
            decision = decide(outcome, None, stakes=stakes, degraded=model.degraded)
        else:
            text = clean(outcome.text)
            screened = _screen(text, outcome, journal, mind)
            if screened.hit:
                decision = _withhold(text, screened.hit)
            else:
                check = _Check(text, outcome, toolbox, model, deadline)
                verdict = check.by_words() if served else check.across_languages()
                decision = decide(
                    outcome, verdict, stakes=stakes, degraded=model.degraded, text=text
                )
                if verdict.needs_approval:
                    decision = _await_approval(decision)
            decision = with_warnings(decision, screened)
        decision = with_withheld(decision, toolbox.withheld)
    except ModelError as error:
        return hand_over(HandOver(Ticket.Reason.FAILURE, str(error)))
    return _with_failures(decision, model)


def _screen(text: str, proposal: Proposal, journal: Journal, mind: Mind) -> Screened:
    with journal.step(AgentStep.Kind.GUARDRAIL, _("No rule applies to the answer")) as note:
        screened = screen_answer(text, proposal.passages, book=mind.rulebook)
        screened.write(note)
    return screened


def _withhold(text: str, hit: Hit) -> Decision:
    """What a rule stopped goes to its team: as help for who answers, unless it is to be blocked."""
    wish = hit.hand_over()
    why = _("The prepared answer was stopped. %(why)s") % {"why": wish.explanation}
    kept = "" if hit.action == Action.BLOCK else text
    return hand_over(replace(wish, explanation=why), text=kept)


class _Check:
    """One prepared answer, and who vouches for it."""

    def __init__(
        self,
        text: str,
        proposal: Proposal,
        toolbox: Toolbox,
        model: FallbackModel,
        deadline: Deadline,
    ) -> None:
        self._text = text
        self._cited = proposal.passages
        self._retrieved = tuple(toolbox.found.values())
        self._journal = toolbox.journal
        self._model = model
        self._deadline = deadline

    def by_words(self) -> Verdict:
        """Where the knowledge is in the customer's language. What a configured model wrote is
        also judged by one, which may object; without its verdict the words decide alone."""
        with self._journal.step(AgentStep.Kind.GROUNDING, "") as note:
            verdict = check_answer(self._text, self._cited, retrieved=self._retrieved)
            if verdict.supported and not self._model.is_offline:  # which has looked itself
                verdict = self._compare(verdict)
            _note(note, verdict)
        if not verdict.supported or self._model.is_offline or not settings.LLM_JUDGE:
            return verdict
        with self._journal.step(AgentStep.Kind.GROUNDING, "") as note:
            try:
                opinion = self._judge()
            except ModelError as error:
                opinion = None
                note.detail["error"] = str(error)
            _note(note, opinion)
        return opinion if opinion and not opinion.supported else verdict

    def _compare(self, verdict: Verdict) -> Verdict:
        """The verdict, unless another article that was found says otherwise."""
        objection = find_objection(self._text, self._cited, retrieved=self._retrieved)
        return Verdict(False, 0.0, (objection,)) if objection else verdict

    def across_languages(self) -> Verdict:
        """By a model's judgement, which a person has to confirm; the offline one can neither
        write nor judge such an answer. Raises ModelError."""
        with self._journal.step(AgentStep.Kind.GROUNDING, "") as note:
            if self._model.is_offline:
                why = _("No model that knows the language is there.")
                verdict = Verdict(False, 0.0, (why,))
            else:
                why = _("The model that checks it gave no verdict.")
                verdict = self._judge() or Verdict(False, 0.0, (why,))
                verdict = replace(verdict, needs_approval=True)
            _note(note, verdict)
        return verdict

    def _judge(self) -> Verdict | None:
        return judge_answer(
            self._text,
            self._cited,
            retrieved=self._retrieved,
            model=self._model,
            deadline=self._deadline,
            journal=self._journal,
        )


def _note(note: Note, verdict: Verdict | None) -> None:
    if verdict is None:
        note.title = _("no verdict")
        return
    note.title = _("supported") if verdict.supported else _("not supported")
    note.detail.update(score=verdict.score, complaints=list(verdict.complaints))


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
