"""A run's question asked again, with today's rules, knowledge and models; nothing is sent.

Neither conversation nor ticket is touched, nothing is recorded, and what was written after the
run began is hidden, above all the answer that it got.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from agent.desk import ConversationDesk
from agent.guardrails.rulebook import Rulebook
from agent.journal import Journal
from agent.metering import Account
from agent.mind import make_mind
from agent.models import AgentRun, PromptVersion
from agent.pipeline import Considered, consider
from agent.questions import build_question, list_seen_messages
from agent.types import Search
from crm.models import Conversation
from crm.types import PastMessage
from knowledge.search import search_passages
from tickets import services as tickets


@dataclass(frozen=True, slots=True)
class Difference:
    """What is decided otherwise today; `name` and both values are words for people."""

    name: str
    before: str
    after: str


def replay(
    run: AgentRun,
    *,
    journal: Journal | None = None,
    search: Search = search_passages,
    version: PromptVersion | None = None,
    model: str | None = None,
    rulebook: Rulebook | None = None,
    account: Account | None = None,
) -> Considered:
    """What would be decided today, by the active version of the prompt, the configured models and
    the rules in force, or by the given ones.

    Slow, and a configured model is paid for it, by the `account` if there is one; no transaction
    may be open. Raises what the
    search or the database raise.
    """
    return consider(
        build_question(run.conversation, list_seen_messages(run)),
        desk=ReplayDesk(run.conversation, before=run.started_at),
        journal=journal or Journal(),
        search=search,
        mind=make_mind(account, version=version, model=model, rulebook=rulebook),
    )


def list_differences(run: AgentRun, considered: Considered) -> list[Difference]:
    """Where today's decision differs from the run's, [] if it is the same word for word."""
    decision = considered.decision
    pairs = (
        (_("decision"), run.decision, decision.action),
        (_("reason"), run.reason, decision.reason),
        (_("sources"), _titles(run.sources), _titles(decision.sources)),
        (_("text"), run.draft.strip(), decision.text.strip()),
    )
    return [Difference(name, str(old), str(new)) for name, old, new in pairs if old != new]


class ReplayDesk:
    """The conversation as it stood at a moment, to be read only."""

    def __init__(self, conversation: Conversation, *, before: datetime) -> None:
        self._conversation = conversation
        self._desk = ConversationDesk(conversation, before=before)

    def list_past_messages(self, limit: int) -> Sequence[PastMessage]:
        return self._desk.list_past_messages(limit)

    def ensure_ticket(self, *, subject: str, category: str, priority: str) -> str:
        """The reference of the ticket that there is; none is opened."""
        del subject, category, priority
        ticket = tickets.get_ticket_of_conversation(self._conversation)
        return ticket.reference if ticket else "TKT-0000"


def _titles(sources: Sequence[object]) -> str:
    return ", ".join(str(source["title"]) for source in sources if isinstance(source, dict))
