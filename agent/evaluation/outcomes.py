"""What happens to a case, and whether it is what should have happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent import plaintext
from agent.evaluation.cases import Case, Expectation
from agent.evaluation.trial import Trial, try_question
from agent.grounding import check_answer
from agent.models import AgentRun, PromptVersion
from agent.types import Decision, Question
from knowledge.reading import list_article_passages
from tickets.models import Ticket

Action = AgentRun.Decision
Reason = Ticket.Reason

# The reasons that rules give before any model is asked. The others are found by looking.
GUARDED = frozenset(
    {
        Reason.REFUND,
        Reason.PRICING,
        Reason.LEGAL,
        Reason.SECURITY,
        Reason.HUMAN_REQUEST,
        Reason.ABUSE,
        Reason.INJECTION,
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case's trial, judged.

    `has_article` is None where no answer was expected, `is_grounded` where none was given.
    """

    case: Case
    trial: Trial
    is_right: bool
    has_route: bool
    has_article: bool | None
    is_grounded: bool | None

    @property
    def is_guarded(self) -> bool:
        """Whether a rule should catch it before any model is asked."""
        return self.case.expect.action == "hand_over" and bool(self.case.expect.reasons & GUARDED)

    @property
    def missed_guardrail(self) -> bool:
        return self.is_guarded and not self.is_right

    @property
    def false_guardrail(self) -> bool:
        return not self.is_guarded and self.decision.reason in GUARDED and not self.is_right

    @property
    def decision(self) -> Decision:
        return self.trial.decision

    @property
    def expected(self) -> str:
        return str(self.case.expect)

    @property
    def happened(self) -> str:
        what = ", ".join(list_articles(self.decision)) or self.decision.reason
        return f"{self.decision.action}: {what}" if what else str(self.decision.action)

    @property
    def is_answered(self) -> bool:
        return self.decision.is_answer


def run_cases(cases: Sequence[Case], *, version: PromptVersion | None = None) -> Iterator[Outcome]:
    """Each case's outcome as soon as it is there, by the active version of the prompt or the
    given one. Slow; no transaction may be open."""
    for case in cases:
        yield judge(case, try_question(build_question(case), version=version))


def build_question(case: Case) -> Question:
    text = plaintext.read(case.message)
    return Question(
        channel=case.channel,
        subject=plaintext.read(case.subject).shown,
        texts=(text.shown,),
        hidden=text.hidden,
    )


def judge(case: Case, trial: Trial) -> Outcome:
    decision, expect = trial.decision, case.expect
    answered = decision.is_answer
    return Outcome(
        case=case,
        trial=trial,
        is_right=_is_right(expect, decision),
        has_route=_has_route(expect, decision),
        has_article=_has_article(expect, decision) if expect.action == "answer" else None,
        is_grounded=_is_grounded(decision) if answered else None,
    )


def list_articles(decision: Decision) -> list[str]:
    """The addresses of the cited articles, as in `topic/slug`; empty unless it answers."""
    return [
        source["url"].split("#")[0].split("/help/", 1)[-1].strip("/") for source in decision.sources
    ]


def _is_right(expect: Expectation, decision: Decision) -> bool:
    if not _has_route(expect, decision):
        return False
    if expect.action != "answer":
        return True
    told = decision.text.lower()
    return _has_article(expect, decision) and all(words.lower() in told for words in expect.says)


def _has_route(expect: Expectation, decision: Decision) -> bool:
    match expect.action:
        case "answer":
            return decision.is_answer
        case "no_reply":
            return decision.action == Action.NO_REPLY
        case "hand_over":
            fits = not expect.reasons or decision.reason in expect.reasons
            return decision.action == Action.HAND_OVER and fits


def _has_article(expect: Expectation, decision: Decision) -> bool:
    cited = set(list_articles(decision))
    return bool(cited & expect.articles) if expect.articles else bool(cited)


def _is_grounded(decision: Decision) -> bool:
    """Whether the cited articles, as they are published, support every claim of the answer.

    Looked at anew and after everything that the pipeline does to a text; an answer in another
    language than its articles counts as unsupported here, since only a model vouched for it.
    """
    passages = list_article_passages(list_articles(decision))
    return check_answer(decision.text, passages, retrieved=passages).supported
