from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from channels.intake import accept_event
from channels.models import InboundEvent, SyncCursor
from channels.whatsapp import missed
from channels.whatsapp.double.server import DoubleServer
from crm.models import Message, StaffAlert
from tests.channels.whatsapp.cast import ALICE
from tests.channels.whatsapp.desk import hand_over
from tests.channels.whatsapp.sink import Sink

pytestmark = pytest.mark.django_db
RunJobs = Callable[[], int]


def position() -> datetime:
    return datetime.fromtimestamp(SyncCursor.objects.get(channel="whatsapp").position, UTC)


def test_what_no_webhook_brought_is_taken_in_once(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs
) -> None:
    missed.catch_up(now=timezone.now())
    double.provider.faults.script("inbound", ["drop", None, "drop"])
    for text in ("lost", "heard", "lost too"):
        double.receive(ALICE, text)
    hand_over(double, sink)
    assert missed.catch_up(now=timezone.now()) == 2
    assert missed.catch_up(now=timezone.now()) == 0
    run_jobs()
    texts = Message.objects.filter(author="customer").values_list("text", flat=True)
    assert sorted(texts) == ["heard", "lost", "lost too"]


def test_after_an_outage_the_customer_has_waited_since_writing(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs
) -> None:
    now = timezone.now()
    SyncCursor.objects.create(
        channel="whatsapp", position=int((now - timedelta(hours=3)).timestamp())
    )
    written = (now - timedelta(hours=2)).replace(microsecond=0)
    double.receive(ALICE, "Hello?", at=written, silently=True)
    assert missed.catch_up(now=now) == 1
    run_jobs()
    assert Message.objects.get(author="customer").created_at == written


def test_a_clock_that_is_ahead_is_not_believed(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs
) -> None:
    missed.catch_up(now=timezone.now())
    double.receive(ALICE, "Hello?", at=timezone.now() + timedelta(hours=5), silently=True)
    missed.catch_up(now=timezone.now())
    run_jobs()
    assert Message.objects.get(author="customer").created_at <= timezone.now()


def test_the_watermark_moves_only_once_all_is_stored(
    double: DoubleServer, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now().replace(microsecond=0)
    missed.catch_up(now=now)
    assert position() == now
    for text in ("one", "two"):
        double.receive(ALICE, text, silently=True)
    accept = accept_event
    calls = iter([True])

    def die(**event: Any) -> bool:
        next(calls)  # the second one ends the process
        return accept(**event)

    with monkeypatch.context() as patch:
        patch.setattr(missed, "accept_event", die)
        with pytest.raises(StopIteration):
            missed.catch_up(now=now + timedelta(minutes=5))
    assert (position(), InboundEvent.objects.count()) == (now, 1)
    later = now + timedelta(minutes=10)
    assert missed.catch_up(now=later) == 1
    assert position() == later
    missed.catch_up(now=now)  # a run that was paused meanwhile
    assert position() == later


def test_while_twilio_is_away_nothing_moves_and_a_wrong_token_is_told(
    double: DoubleServer, sink: Sink, account: Any
) -> None:
    now = timezone.now().replace(microsecond=0)
    missed.catch_up(now=now)
    double.provider.faults.script("read", ["unavailable_before"])
    later = now + timedelta(minutes=5)
    assert missed.catch_up(now=later) == 0
    assert position() == now
    assert not StaffAlert.objects.exists()
    job = ProcrastinateJob.objects.get(task_name="channels.catch_up_whatsapp")
    assert job.scheduled_at == later + missed.RETRY_AFTER  # not only with the next periodic look
    account.TWILIO_AUTH_TOKEN = "another"
    missed.catch_up(now=later)
    assert "TWILIO_AUTH_TOKEN" in StaffAlert.objects.get().detail
    account.TWILIO_AUTH_TOKEN = double.provider.auth_token
    missed.catch_up(now=later)
    assert StaffAlert.objects.get().cleared_at is not None


def test_without_the_channel_nothing_is_asked(account: Any) -> None:
    account.TWILIO_ACCOUNT_SID = ""
    assert missed.catch_up(now=timezone.now()) == 0
    assert not SyncCursor.objects.exists()
