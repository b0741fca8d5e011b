"""Personal data as people write it, at every way out to a model."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from agent.models import AgentRun
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("help_centre")

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]

QUESTION = "How do I get a board into Excel?"
GOOD = "Open the board, choose Board menu > Export, then choose Excel and press Export."
PRIVATE = (
    "DE89 3704 0044 0532 0130 00",
    "ch93 0076 2011 6238 5295 7",
    "GB29-NWBK-6016-1331-9268-19",
    "FR14.2004.1010.0505.0001.3M02.606",
    "4111-1111-1111-1111",
    "5555 5555 5555 4444",
    "6011\u20130009\u20139013\u20139424",
    "3782 822463 10005",
    "+49 (0)30 901820",
    "0171-123 45 67",
    "(415) 555-2671",
    "020 7946 0958",
    "01.42.68.53.00",
    "612 345 678",
    "(11) 91234-5678",
    "044 668 18 00",
    "alice.o'brien+billing@private.example.co.uk",
    "carla (at) private (dot) example",
    "dora @ private.example",
    "078-05-1120",
    "756.9217.0769.85",
    "12345678Z",
    "AB 12 34 56 C",
)
LETTER = "\n".join(f"Number {number}: {value}." for number, value in enumerate(PRIVATE))


def leaked(*seen: str) -> list[str]:
    """What can be read in it, however it is punctuated."""
    bare = re.sub(r"[\W_]", "", "".join(seen)).lower()
    return [value for value in PRIVATE if re.sub(r"[\W_]", "", value).lower() in bare]


def test_no_call_of_an_answer_shows_any(
    ask: Ask, answer: Answer, write_on: Callable[[Ticket, str], None], model: ScriptedModel
) -> None:
    model.play(
        [("search_knowledge_base", {"query": f"export to Excel {PRIVATE[0]}"})],
        [("get_customer_history", {"limit": 5})],
        lambda: [("send_response", {"answer": GOOD, "passage_ids": model_ids(model)})],
    )
    ticket = ask(f"{QUESTION}\n{LETTER}", subject=f"Excel {PRIVATE[4]}")
    run = answer(ticket)
    assert run.decision == "send"
    assert model.judged, "the second opinion was asked, too"
    assert leaked(model.seen, json.dumps(model.judged, ensure_ascii=False)) == []


def model_ids(model: ScriptedModel) -> list[Any]:
    """The first passage of the search, which the history came after."""
    for message in model.requests[-1]["messages"]:
        if message["role"] == "tool" and "passages" in message["content"]:
            rows = json.loads(message["content"])["passages"]
            return [row["id"] for row in rows if row["audience"] == "public"][:1]
    return []
