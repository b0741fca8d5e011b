"""An event that cannot be processed neither grows the queue nor stays unseen."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from channels import inbound
from channels.intake import accept_event
from channels.models import InboundEvent
from channels.types import Arrival
from crm.models import StaffAlert, User

pytestmark = pytest.mark.django_db
State = InboundEvent.State


@pytest.fixture
def event(now: datetime) -> InboundEvent:
    accept_event(
        channel="email",
        external_id="email:1",
        payload={"text": "a secret"},
        sender="alice",
        now=now - timedelta(hours=1),
    )
    return InboundEvent.objects.get()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Lets the reader of mails fail."""

    def install(error: Exception) -> None:
        def fail(event: InboundEvent) -> Arrival:
            raise error

        monkeypatch.setitem(inbound._READERS, "email", fail)

    return install


def test_what_breaks_every_run_is_parked_and_put_before_staff(
    event: InboundEvent, read: Callable[[Exception], None], now: datetime
) -> None:
    read(KeyError("a secret"))
    for _ in range(inbound.MAX_ATTEMPTS - 1):
        with pytest.raises(KeyError):
            inbound.process_event(event.pk, now=now)
    inbound.process_event(event.pk, now=now)
    event.refresh_from_db()
    assert (event.state, event.problem) == (
        State.PARKED,
        "Reading it failed 5 times, with KeyError.",
    )
    assert StaffAlert.objects.get().key == f"inbound:{event.pk}"
    inbound.process_event(event.pk, now=now)
    assert InboundEvent.objects.get().attempts == inbound.MAX_ATTEMPTS


def test_what_ends_the_process_is_parked_too(event: InboundEvent, now: datetime) -> None:
    InboundEvent.objects.update(attempts=inbound.MAX_ATTEMPTS)
    inbound.process_event(event.pk, now=now)
    event.refresh_from_db()
    assert (event.state, event.problem) == (State.PARKED, "It ended the process that read it.")


def test_a_database_that_is_away_is_not_the_events_fault(
    event: InboundEvent, read: Callable[[Exception], None], now: datetime
) -> None:
    read(OperationalError("away"))
    for _ in range(inbound.MAX_ATTEMPTS + 1):
        with pytest.raises(OperationalError):
            inbound.process_event(event.pk, now=now)
    event.refresh_from_db()
    assert (event.state, event.attempts) == (State.RECEIVED, 0)


def test_an_event_gets_another_job_only_if_it_has_none(event: InboundEvent, now: datetime) -> None:
    assert [inbound.rescue_events(now=now) for _ in range(3)] == [0, 0, 0]
    ProcrastinateJob.objects.all()._raw_delete("default")
    assert [inbound.rescue_events(now=now) for _ in range(3)] == [1, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_a_rescue_writes_its_job_in_a_transaction(event: InboundEvent, now: datetime) -> None:
    ProcrastinateJob.objects.all()._raw_delete("default")
    seen: list[bool] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        if "procrastinate_defer_job" in sql:
            seen.append(connection.in_atomic_block)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        assert inbound.rescue_events(now=now) == 1
    assert seen == [True]


def test_supervisors_have_a_parked_event_read_again(
    event: InboundEvent,
    read: Callable[[Exception], None],
    client: Client,
    bob: User,
    carol: User,
    now: datetime,
) -> None:
    read(KeyError())
    InboundEvent.objects.update(attempts=inbound.MAX_ATTEMPTS - 1)
    inbound.process_event(event.pk, now=now)
    action = {"action": "read_again", "_selected_action": [event.pk]}
    client.force_login(bob)
    client.post("/admin/channels/inboundevent/", action)
    event.refresh_from_db()
    assert event.state == State.PARKED
    client.force_login(carol)
    client.post("/admin/channels/inboundevent/", action)
    event.refresh_from_db()
    assert (event.state, event.attempts, event.problem) == (State.RECEIVED, 0, "")
    assert StaffAlert.objects.get().cleared_at is not None
