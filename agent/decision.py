"""What is done with an answer that a model proposes, or with its wish to hand over."""

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from agent.autonomy.permission import permit
from agent.guardrails.screening import Screened
from agent.models import AgentRun
from agent.types import Decision, HandOver, Proposal, Stakes, Verdict
from crm.types import Source
from tickets.models import Ticket

Action = AgentRun.Decision

# An answer below this confidence goes to a person. The offline model's confidence is the value
# of `agent.quoting`, which has its own measured threshold; a model's own word is not trusted
# beyond it, so support decides there.
SEND_CONFIDENCE = 0.5


def decide(
    outcome: Proposal | HandOver,
    verdict: Verdict | None,
    *,
    stakes: Stakes,
    degraded: bool,
    text: str = "",
) -> Decision:
    """Send, draft, only watch, or hand over. `verdict` is given for a proposal, whose checked
    text is `text`.

    `degraded` says that the configured model was away and the offline one stood in: what that
    one cannot answer is then a failure of ours rather than a gap in the knowledge.
    """
    if isinstance(outcome, HandOver):
        return hand_over(outcome, degraded=degraded)
    if verdict is None or not verdict.supported:
        complaints = "; ".join(verdict.complaints) if verdict else ""
        return hand_over(
            HandOver(
                Ticket.Reason.NO_KNOWLEDGE,
                _("The prepared answer is not supported: %(why)s") % {"why": complaints},
            ),
            degraded=degraded,
            text=text,
        )
    confidence = min(outcome.confidence, verdict.score)
    if confidence < SEND_CONFIDENCE:
        why = _("The prepared answer is too uncertain (%(value).2f).") % {"value": confidence}
        return hand_over(HandOver(Ticket.Reason.NO_KNOWLEDGE, why), degraded=degraded, text=text)
    titles = ", ".join(dict.fromkeys(passage.title for passage in outcome.passages))
    permission = permit(stakes, confidence=confidence)
    supported = _("Supported by: %(titles)s") % {"titles": titles}
    return Decision(
        action=permission.action,
        explanation=f"{permission.why} {supported}".strip(),
        text=text,
        sources=_list_sources(outcome),
        confidence=confidence,
    )


def hand_over(wish: HandOver, *, degraded: bool = False, text: str = "") -> Decision:
    """`text` is what was prepared and not sent, which may help the person who answers."""
    reason = wish.reason
    if degraded and reason == Ticket.Reason.NO_KNOWLEDGE:
        reason = Ticket.Reason.FAILURE
    explanation = wish.explanation
    if wish.route:
        explanation = _("%(explanation)s Route: %(route)s.") % {
            "explanation": explanation,
            "route": wish.route,
        }
    return Decision(Action.HAND_OVER, explanation, reason=reason, text=text)


def with_warnings(decision: Decision, screened: Screened) -> Decision:
    """The decision, with the rules that only warn told to staff."""
    if not screened.warnings:
        return decision
    noted = _("Noted: %(what)s") % {"what": " ".join(hit.describe() for hit in screened.warnings)}
    return replace(decision, explanation=f"{decision.explanation} {noted}")


def with_withheld(decision: Decision, withheld: Mapping[str, str]) -> Decision:
    """The decision, with the articles that no model was let read, by title, told to staff."""
    if not withheld:
        return decision
    titles = ", ".join(f"“{title}”" for title in withheld)
    why = _("Kept from the agent, for they read like orders to it: %(titles)s.") % {
        "titles": titles
    }
    return replace(decision, explanation=f"{decision.explanation} {why}")


def _list_sources(proposal: Proposal) -> tuple[Source, ...]:
    """One source for each article, the passage that was cited first."""
    sources: dict[int, Source] = {}
    for passage in proposal.passages:
        sources.setdefault(passage.article_id, {"title": passage.title, "url": passage.url})
    return tuple(sources.values())
