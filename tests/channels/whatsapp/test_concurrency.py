"""The same moment twice, with real transactions."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from channels import delivery, settlement
from channels.models import ChannelConfig, Delivery, InboundEvent
from channels.tasks import process_event
from channels.whatsapp.double.server import DoubleServer
from crm import services
from crm.models import Conversation, Customer, Message, User
from tests.channels.whatsapp.cast import ALICE
from tests.channels.whatsapp.desk import report, write
from tests.channels.whatsapp.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def stage(db: None) -> Iterator[None]:
    """The channel's settings, and no jobs, which a flush of the tables leaves in place."""
    ChannelConfig.objects.get_or_create(channel="whatsapp", defaults={"length_limit": 1500})
    ProcrastinateJob.objects.all()._raw_delete("default")
    yield
    ProcrastinateJob.objects.all()._raw_delete("default")


def at_once(*works: Callable[[], object]) -> None:
    """Runs all in threads of their own from the same moment; raises what one of them raised."""
    together = threading.Barrier(len(works), timeout=60)
    failures: list[Exception] = []

    def run(work: Callable[[], object]) -> None:
        try:
            together.wait()
            work()
        except Exception as error:  # noqa: BLE001  raised below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if failures:
        raise failures[0]


def process_all() -> None:
    events = list(InboundEvent.objects.values_list("pk", flat=True))
    at_once(*[partial(process_event, event_id=pk) for pk in events] * 2)


def test_case_37_the_same_message_at_the_same_moment_is_one() -> None:
    at_once(*[lambda: write("Hello", "SM37")] * 6)
    assert InboundEvent.objects.count() == 1
    process_all()
    assert Message.objects.filter(author="customer").count() == 1
    assert (Conversation.objects.count(), Customer.objects.count()) == (1, 1)


def test_case_38_two_messages_of_a_new_customer_are_one_conversation() -> None:
    at_once(lambda: write("hi", "SM1"), lambda: write("there", "SM2"))
    locks = {job.lock for job in jobs("channels.process_event")}
    assert len(locks) == 1  # the worker reads them one after the other
    for pk in InboundEvent.objects.order_by("id").values_list("pk", flat=True):
        process_event(event_id=pk)
    assert Message.objects.filter(author="customer").count() == 2
    assert (Conversation.objects.count(), Customer.objects.count()) == (1, 1)


def test_the_answer_and_all_callbacks_at_once_leave_one_truth(
    double: DoubleServer, sink: Sink, bob: User
) -> None:
    write("Hello")
    process_event(event_id=InboundEvent.objects.get().pk)
    double.provider.books._last_inbound[ALICE] = timezone.now()
    for _round in range(5):
        report_at_once(bob)


def report_at_once(bob: User) -> None:
    message = services.queue_staff_reply(
        conversation=Conversation.objects.get(), staff=bob, text="Yes.", now=timezone.now()
    )
    sent = Delivery.objects.get(message=message)
    claim = delivery._claim(sent.pk, now=timezone.now())
    assert claim is not None
    receipt = claim.adapter.send(delivery._outgoing(claim))
    statuses = ("queued", "sent", "delivered", "read")
    at_once(
        *[partial(report, sent.token, receipt.provider_id, status) for status in statuses],
        partial(settle, claim, receipt),
    )
    sent.refresh_from_db()
    assert (sent.state, sent.provider_id) == (Delivery.State.SENT, receipt.provider_id)
    assert sent.provider_status == "read"
    assert sent.history.filter(outcome=Delivery.State.SENT).count() == 1


def settle(claim: Any, receipt: Any) -> None:
    settlement.record_sent(
        claim.delivery, receipt, now=timezone.now(), only_if=Q(lease=claim.lease)
    )


def jobs(name: str) -> list[Any]:
    return list(ProcrastinateJob.objects.filter(task_name=name, status="todo"))
