"""Safeguards that can be switched off, so that one sees whether the storm notices."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.db import transaction

from agent import asking, runs
from agent.types import Verdict
from channels import delivery, intake
from channels.gmail.adapter import GmailAdapter
from channels.intake import Arrived
from channels.web import submission
from channels.whatsapp import webhook
from channels.whatsapp.adapter import WhatsAppAdapter
from config import jobs
from crm.models import Conversation, Message
from crm.types import IncomingMessage

_SLOW_BROKER = 0.4  # seconds


def without_deduplication() -> None:
    """What comes twice is taken for something new."""
    accept_events, accept_form = intake.accept_events, submission._accept

    def accept_new(arrived: Sequence[Arrived]) -> int:
        return accept_events(
            [replace(one, external_id=f"{one.external_id}:{uuid.uuid4()}") for one in arrived]
        )

    for module in (intake, webhook):
        module.accept_events = accept_new  # type: ignore[attr-defined]
    submission._accept = lambda token, *rest, **more: accept_form(str(uuid.uuid4()), *rest, **more)
    make = IncomingMessage.__init__

    def make_new(self: IncomingMessage, *, external_id: str, **details: Any) -> None:
        make(self, external_id=f"{external_id}:{uuid.uuid4()}", **details)

    IncomingMessage.__init__ = make_new  # type: ignore[method-assign,assignment]


def without_lease() -> None:
    """Whoever comes by sends what another process is sending."""
    delivery.LEASE = timedelta(0)
    GmailAdapter.repeatable = WhatsAppAdapter.repeatable = True


def with_enqueue_outside() -> None:
    """The job is handed to a broker of its own, after the commit."""
    enqueue = jobs.enqueue

    def enqueue_later(name: str, **details: Any) -> int:
        def hand_over() -> None:
            time.sleep(_SLOW_BROKER)
            enqueue(name, **details)

        transaction.on_commit(hand_over)
        return 1

    jobs.enqueue = enqueue_later


def without_turn() -> None:
    """The agent goes on with what it prepared, whoever took over meanwhile."""
    runs.lock_conversation_for_agent = lambda pk, *, turn: (  # type: ignore[attr-defined,assignment]
        Conversation.objects.select_for_update().get(pk=pk)
    )
    nobody = SimpleNamespace(AGENT="nobody")
    delivery.Message = SimpleNamespace(  # type: ignore[attr-defined,assignment]
        objects=Message.objects, Author=nobody
    )


def without_grounding() -> None:
    """Whatever the model says is believed."""
    believed = Verdict(supported=True, score=1.0, complaints=())
    asking.check_answer = lambda *args, **kwargs: believed  # type: ignore[attr-defined]
    asking.judge_answer = lambda *args, **kwargs: believed  # type: ignore[attr-defined]


def with_sends_inside() -> None:
    """A reply is sent within the transaction that records it."""
    delivery.deliver = transaction.atomic(delivery.deliver)


SAFEGUARDS: dict[str, Callable[[], None]] = {
    "deduplication": without_deduplication,
    "lease": without_lease,
    "enqueue": with_enqueue_outside,
    "turn": without_turn,
    "grounding": without_grounding,
    "boundary": with_sends_inside,
}
