"""The one loop that every model works in: it asks for tools until it answers or hands over."""

from collections.abc import Sequence

from agent.journal import Journal
from agent.model import ChatMessage, ChatModel, Deadline, ModelTurn
from agent.models import AgentStep
from agent.tools import TOOLS, Toolbox
from agent.types import HandOver, Proposal
from tickets.models import Ticket

MAX_CALLS = 6
MAX_TURNS = 8  # a model may also talk instead of calling a tool, which it is told once or twice

_NUDGE = (
    "Use a tool: send_response if the passages support an answer, else escalate_to_human. "
    "Text outside a tool reaches nobody."
)


def run_loop(
    *,
    model: ChatModel,
    messages: Sequence[ChatMessage],
    toolbox: Toolbox,
    journal: Journal,
    deadline: Deadline,
) -> Proposal | HandOver:
    """What the model wants to do. It always ends: after MAX_CALLS tool calls, MAX_TURNS turns,
    or the deadline, a person takes over. Raises ModelError and what the tools raise."""
    talk = list(messages)
    calls = 0
    for _turn in range(MAX_TURNS):
        turn = _ask(model, talk, journal, deadline)
        if not turn.tool_calls:
            talk += [ChatMessage("assistant", turn.text), ChatMessage("user", _NUDGE)]
            continue
        talk.append(ChatMessage("assistant", turn.text, turn.tool_calls))
        for call in turn.tool_calls:
            if calls >= MAX_CALLS:
                return _give_up(toolbox, f"The model asked for more than {MAX_CALLS} tools.")
            calls += 1
            talk.append(ChatMessage("tool", toolbox.run(call), tool_call_id=call.id))
            if toolbox.outcome is not None:
                return toolbox.outcome
    return _give_up(toolbox, f"The model did not decide within {MAX_TURNS} turns.")


def _ask(
    model: ChatModel, talk: Sequence[ChatMessage], journal: Journal, deadline: Deadline
) -> ModelTurn:
    with journal.step(AgentStep.Kind.MODEL, model.name) as note:
        turn = model.complete(talk, TOOLS, deadline)
        note.title = turn.model or model.name
        note.detail.update(
            tools=[call.name for call in turn.tool_calls],
            text=turn.text[:2000],
            input_tokens=turn.input_tokens,
            output_tokens=turn.output_tokens,
            cost=None if turn.cost is None else str(turn.cost),
            seen=[
                {"role": message.role, "text": message.text}
                for message in turn.seen[journal.seen :]
                if message.role != "system" and message.text
            ],
        )
        journal.seen = max(journal.seen, len(turn.seen))
    journal.count(
        model=turn.model or model.name,
        input_tokens=turn.input_tokens,
        output_tokens=turn.output_tokens,
        cost=turn.cost,
    )
    return turn


def _give_up(toolbox: Toolbox, what: str) -> HandOver:
    """Searches that found nothing lead here too; that is a gap, not a fault."""
    reason = Ticket.Reason.FAILURE if toolbox.found else Ticket.Reason.NO_KNOWLEDGE
    return HandOver(reason, what)
