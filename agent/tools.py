"""The tools that every model has: their arguments, checked, and what they do.

Customer and conversation are bound by the desk and are never arguments. Nothing that a model
asks for reaches a customer from here: `send_response` and `escalate_to_human` only end the loop.
"""

import json
from typing import Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.guardrails.articles import list_withheld
from agent.history import as_seen
from agent.journal import Journal
from agent.model import ToolCall, ToolSpec
from agent.models import AgentStep
from agent.personal_data import TOKEN
from agent.types import Desk, HandOver, Proposal, Search
from knowledge.types import FoundPassage

PASSAGES_PER_SEARCH = 8

Category = Literal["how_to", "technical_issue", "billing", "bug_report", "feedback", "other"]
Priority = Literal["low", "normal", "high", "urgent"]
Reason = Literal[
    "refund",
    "pricing",
    "legal",
    "security",
    "human_request",
    "abuse",
    "sentiment",
    "no_knowledge",
    "account",
    "injection",
]


class ToolArguments(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SearchKnowledgeBase(ToolArguments):
    """Search the help centre. Returns passages with their ids; cite those ids in an answer."""

    query: str = Field(min_length=1, max_length=2000, description="What to look for.")


class CreateTicket(ToolArguments):
    """Make sure that this conversation has a ticket, and get its number."""

    subject: str = Field(min_length=1, max_length=300)
    category: Category = "other"
    priority: Priority = "normal"


class GetCustomerHistory(ToolArguments):
    """Read what this customer wrote before and what was answered."""

    limit: int = Field(default=10, ge=1, le=20)


class EscalateToHuman(ToolArguments):
    """Hand the conversation to a person. Ends your work."""

    reason: Reason
    summary: str = Field(min_length=1, max_length=1000, description="For the colleague.")
    disagreeing_passages: list[int] = Field(
        default=[], max_length=5, description="Ids of those that contradict each other, if so."
    )


class SendResponse(ToolArguments):
    """Answer the customer from public passages found in this conversation. Ends your work."""

    answer: str = Field(min_length=1, max_length=4000, description="Plain text.")
    passage_ids: list[int] = Field(min_length=1, max_length=5)
    confidence: float = Field(default=1.0, ge=0, le=1)


ARGUMENTS: dict[str, type[ToolArguments]] = {
    "search_knowledge_base": SearchKnowledgeBase,
    "create_ticket": CreateTicket,
    "get_customer_history": GetCustomerHistory,
    "escalate_to_human": EscalateToHuman,
    "send_response": SendResponse,
}
TOOLS = tuple(
    ToolSpec(name, (kind.__doc__ or "").strip(), kind.model_json_schema())
    for name, kind in ARGUMENTS.items()
)


class Toolbox:
    """Runs one question's tool calls. `outcome` is set by the call that ends the loop."""

    def __init__(
        self, *, desk: Desk, search: Search, journal: Journal, language: str | None
    ) -> None:
        self.found: dict[int, FoundPassage] = {}
        # Titles of articles that no model may read, with the words that are the reason.
        self.withheld: dict[str, str] = {}
        self.outcome: Proposal | HandOver | None = None
        self._desk = desk
        self._search = search
        self.journal = journal
        self._language = language
        self._ticket = ""

    def run(self, call: ToolCall) -> str:
        """The result as JSON for the model; bad calls become an `error` that it can read.

        Raises what the search or the database raise: the model cannot mend that.
        """
        with self.journal.step(AgentStep.Kind.TOOL, call.name) as note:
            try:
                arguments = self._check(call)
            except (KeyError, ValidationError, ValueError) as error:
                result: dict[str, object] = {"error": _complaint(call.name, error)}
                note.detail.update(arguments=call.arguments[:2000], **result)
            else:
                note.detail["arguments"] = arguments.model_dump()
                result = self._perform(arguments)
                note.detail["result"] = result
        return json.dumps(result, ensure_ascii=False)

    def _check(self, call: ToolCall) -> ToolArguments:
        return ARGUMENTS[call.name].model_validate_json(call.arguments or "{}")

    def _perform(self, arguments: ToolArguments) -> dict[str, object]:
        match arguments:
            case SearchKnowledgeBase():
                return self._look_up(arguments.query)
            case CreateTicket():
                return self._open_ticket(arguments)
            case GetCustomerHistory():
                return self._recall(arguments.limit)
            case EscalateToHuman():
                self.outcome = HandOver(arguments.reason, arguments.summary)
                return {"status": "handed over"}
            case SendResponse():
                return self._answer(arguments)
            case _:
                raise TypeError(arguments)

    def _look_up(self, query: str) -> dict[str, object]:
        passages = self._search(
            query, limit=PASSAGES_PER_SEARCH, language=self._language, include_internal=True
        )
        withheld = list_withheld(passage.article_id for passage in passages)
        told = {
            passage.title: withheld[passage.article_id]
            for passage in passages
            if passage.article_id in withheld
        }
        self.withheld.update(told)
        kept = [passage for passage in passages if passage.article_id not in withheld]
        self.found.update((passage.passage_id, passage) for passage in kept)
        return {"passages": [_describe(passage) for passage in kept]}

    def _open_ticket(self, arguments: CreateTicket) -> dict[str, object]:
        self._ticket = self._ticket or self._desk.ensure_ticket(**arguments.model_dump())
        return {"ticket": self._ticket}

    def _recall(self, limit: int) -> dict[str, object]:
        messages = map(as_seen, self._desk.list_past_messages(limit))
        return {
            "messages": [
                {"author": past.author, "at": past.created_at.isoformat(), "text": past.text}
                for past in messages
            ]
        }

    def _answer(self, arguments: SendResponse) -> dict[str, object]:
        unknown = [pk for pk in arguments.passage_ids if pk not in self.found]
        if unknown:
            return {"error": f"Passages {unknown} were not found in this conversation."}
        cited = tuple(self.found[pk] for pk in dict.fromkeys(arguments.passage_ids))
        if any(passage.audience != "public" for passage in cited):
            return {"error": "Internal passages may inform you but must not be cited."}
        invented = [match[0] for match in TOKEN.finditer(arguments.answer)]
        if invented:
            return {
                "error": f"{', '.join(invented)} stands for nothing. Do not make up such words."
            }
        self.outcome = Proposal(arguments.answer, cited, arguments.confidence)
        return {"status": "accepted for checking"}


def _describe(passage: FoundPassage) -> dict[str, object]:
    return {
        "id": passage.passage_id,
        "article": passage.article_id,
        "title": passage.title,
        "headings": passage.heading_path,
        "text": passage.text,
        "audience": passage.audience,
        "score": round(passage.score, 4),
        "similarity": None if passage.similarity is None else round(passage.similarity, 4),
        "text_rank": round(passage.text_rank, 4),
    }


def _complaint(tool: str, error: Exception) -> str:
    """What was wrong, without repeating values: they may be anything."""
    if isinstance(error, KeyError):
        return str(_("There is no tool %(tool)s.") % {"tool": repr(tool[:60])})
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'arguments'}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        )
    return "The arguments are not valid."
