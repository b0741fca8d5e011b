"""Two workers at one conversation at the same moment, with real transactions."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from agent import answering, pipeline
from agent.models import AgentMetric, AgentRun
from agent.tasks import answer_conversation
from tests.agent.conftest import ARTICLES, write_article
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_trap_5_two_workers_give_one_reply(
    ask: Callable[..., Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_article("exports/export-board", *ARTICLES["exports/export-board"])
    ticket = ask("How do I export a board to Excel?")
    both_think = threading.Barrier(2, timeout=60)

    def consider(*args: object, **kwargs: object) -> pipeline.Considered:
        assert not connection.in_atomic_block, "promise 8"
        considered = pipeline.consider(*args, **kwargs)  # type: ignore[arg-type]  # passed on
        both_think.wait()
        return considered

    monkeypatch.setattr(answering, "consider", consider)
    failures: list[Exception] = []

    def work() -> None:
        try:
            message = ticket.conversation.messages.get(author="customer")
            answer_conversation(conversation_id=ticket.conversation_id, message_id=message.pk)
        except Exception as error:  # noqa: BLE001  the test reads it
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert failures == []
    assert ticket.conversation.messages.filter(author="agent").count() == 1
    assert AgentMetric.objects.filter(answered=True).count() == 1
    assert sorted(AgentRun.objects.values_list("state", flat=True)) == ["done", "failed"]
