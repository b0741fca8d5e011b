"""Each mail comes by itself: one that fails holds nothing up, and none is lost or kept twice."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from channels import intake
from channels.gmail import fetching, mailbox, pending
from channels.gmail.client import GmailClient
from channels.gmail.double import Fault, GmailDouble
from channels.gmail.records import MessageRef
from channels.models import InboundEvent, PendingMail, SyncCursor
from crm.models import StaffAlert
from tests.channels.gmail.desk import catch_up, forget_jobs, jobs
from tests.channels.gmail.mails import mail
from tests.kills import Killed, die_in
from tests.stage import beside

pytestmark = pytest.mark.django_db
FAILS = [fault for fault in Fault if fault.takes_effect or "before" in fault]


@pytest.fixture
def followed(double: GmailDouble, settings: Any) -> GmailDouble:
    """A mailbox that the desk follows since now, with a client that soon gives up."""
    catch_up()
    forget_jobs()
    settings.PROVIDER_TIMEOUT_SECONDS = 0.2
    double.hang_seconds = 0.4
    return double


def deliver(double: GmailDouble, count: int, **options: Any) -> list[str]:
    """Mails of as many threads."""
    return [
        double.deliver(mail(message_id=f"<m{number}@x>"), **options).gmail_id
        for number in range(count)
    ]


def announce() -> None:
    mailbox.sync_mailbox(now=timezone.now())


def follow_and_fetch() -> None:
    announce()
    fetching.fetch_mails()


def fetch_again() -> None:
    """Every pause and lease is over."""
    PendingMail.objects.update(due_at=timezone.now())
    SyncCursor.objects.update(paused_until=None)
    fetching.fetch_mails()


def kept() -> list[str]:
    names = InboundEvent.objects.order_by("id").values_list("external_id", flat=True)
    return [name.removeprefix("gmail:") for name in names]


def open_alerts() -> list[str]:
    return sorted(StaffAlert.objects.filter(cleared_at=None).values_list("key", flat=True))


def test_what_is_announced_is_fetched_in_order_and_kept_with_its_job(
    followed: GmailDouble,
) -> None:
    ids = deliver(followed, 3)
    announce()
    assert (PendingMail.objects.count(), kept()) == (3, [])
    assert jobs("channels.fetch_mails") == pending.LANES
    assert SyncCursor.objects.get().position == followed.mailbox.history_id
    fetching.fetch_mails()
    assert (PendingMail.objects.count(), kept()) == (0, ids)
    assert jobs("channels.process_event") == 3


def test_case_1_a_mail_that_is_named_again_is_fetched_once(followed: GmailDouble) -> None:
    (gmail_id,) = deliver(followed, 1)
    followed.mailbox.rescue_from_spam(gmail_id)
    announce()
    fetching.fetch_mails()
    SyncCursor.objects.update(position=1_000)
    announce()
    fetching.fetch_mails()
    assert (kept(), followed.calls["get"]) == ([gmail_id], 1)


@pytest.mark.parametrize("fault", FAILS)
def test_a_mail_that_cannot_be_fetched_comes_later_and_holds_up_no_other(
    followed: GmailDouble, fault: Fault
) -> None:
    ids = deliver(followed, 3)
    announce()
    followed.faults.queue("get", fault)
    fetching.fetch_mails()
    assert kept() == ids[1:]
    late = PendingMail.objects.get()
    assert (late.gmail_id, late.attempts) == (ids[0], 1)
    assert late.problem
    job = ProcrastinateJob.objects.get(task_name="channels.resume_mails")
    assert job.scheduled_at == late.due_at
    fetching.fetch_mails()
    assert len(kept()) == 2  # not before it is due
    fetch_again()
    assert sorted(kept()) == sorted(ids)
    assert PendingMail.objects.count() == 0


def test_a_fetched_mail_is_not_fetched_again_because_another_fails(followed: GmailDouble) -> None:
    deliver(followed, 5)
    announce()
    followed.faults.queue("get", *[Fault.UNAVAILABLE_BEFORE] * 5)
    fetching.fetch_mails()
    for _ in range(2):
        fetch_again()
        announce()
    assert followed.calls["get"] == 10


def test_case_28_a_mail_that_cannot_be_stored_does_not_stop_the_next(
    followed: GmailDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = deliver(followed, 3)
    announce()
    real = intake.accept_event

    def accept(**event: Any) -> bool:
        if event["external_id"] == f"gmail:{ids[1]}":
            raise DataError
        return real(**event)

    monkeypatch.setattr(fetching, "accept_event", accept)
    fetching.fetch_mails()
    assert kept() == [ids[0], ids[2]]
    assert "DataError" in PendingMail.objects.get().problem
    monkeypatch.undo()
    fetch_again()
    assert sorted(kept()) == sorted(ids)


def test_a_mail_that_was_deleted_is_final(followed: GmailDouble) -> None:
    ids = deliver(followed, 3)
    announce()
    followed.mailbox.delete(ids[1])
    fetching.fetch_mails()
    assert (kept(), PendingMail.objects.count()) == ([ids[0], ids[2]], 0)


def test_what_became_spam_meanwhile_is_left_and_taken_when_it_is_rescued(
    followed: GmailDouble,
) -> None:
    (gmail_id,) = deliver(followed, 1)
    announce()
    followed.mailbox.messages[gmail_id].labels = {"SPAM"}
    fetching.fetch_mails()
    assert (kept(), PendingMail.objects.count()) == ([], 0)
    followed.mailbox.rescue_from_spam(gmail_id)
    announce()
    fetching.fetch_mails()
    assert kept() == [gmail_id]


def test_mails_of_a_thread_keep_their_order_until_one_fails(followed: GmailDouble) -> None:
    first = followed.deliver(mail(message_id="<1@x>"))
    reply = mail(message_id="<2@x>", in_reply_to="<1@x>")
    second = followed.deliver(reply)
    assert first.thread_id == second.thread_id
    announce()
    now = timezone.now()
    ahead = pending.find_due(now=now)
    assert ahead is not None
    pending.claim(ahead, now=now)
    assert pending.find_due(now=now) is None  # the second waits while the first is fetched
    pending.put_back(ahead, "unavailable", now=now)
    overtaking = pending.find_due(now=now)
    assert overtaking is not None
    assert overtaking.gmail_id == second.gmail_id


@pytest.mark.django_db(transaction=True)
def test_two_lanes_take_different_mails(followed: GmailDouble) -> None:
    ids = deliver(followed, 2)
    announce()
    with beside(fetching.fetch_mails) as start:
        mine = pending.find_due(now=timezone.now())
        assert mine is not None
        assert start().result(10) is None
        assert kept() == [gmail_id for gmail_id in ids if gmail_id != mine.gmail_id]
    fetching.fetch_mails()
    assert sorted(kept()) == sorted(ids)
    assert followed.calls["get"] == 2


def test_a_limit_stops_all_reading_until_it_is_over(followed: GmailDouble) -> None:
    followed.retry_after = "3600"
    deliver(followed, 3)
    announce()
    forget_jobs()
    followed.faults.queue("get", Fault.RATE_LIMITED)
    fetching.fetch_mails()
    fetching.fetch_mails()
    announce()
    assert (followed.calls["get"], followed.calls["history"]) == (1, 1)
    assert PendingMail.objects.filter(attempts=0).count() == 3  # it is not the mail's fault
    job = ProcrastinateJob.objects.get(task_name="channels.poll_gmail")
    assert job.scheduled_at is not None
    assert job.scheduled_at > timezone.now() + timedelta(minutes=59)
    fetch_again()
    assert len(kept()) == 3


def test_reading_leaves_a_third_of_the_quota_to_replies(
    followed: GmailDouble, settings: Any
) -> None:
    settings.GMAIL_UNITS_PER_MINUTE = 120  # four mails of 20 units, and 40 units
    deliver(followed, 6)
    announce()
    fetching.fetch_mails()
    assert len(kept()) == 4
    job = ProcrastinateJob.objects.get(task_name="channels.resume_mails")
    assert job.scheduled_at is not None
    assert job.scheduled_at <= timezone.now() + timedelta(minutes=1)


def test_refused_credentials_stop_the_lane_and_count_as_no_attempt(followed: GmailDouble) -> None:
    deliver(followed, 2)
    announce()
    followed.tokens.invalid_grant = True
    followed.tokens.revoke_all()
    fetching.fetch_mails()
    assert PendingMail.objects.filter(attempts=0).count() == 2
    assert open_alerts() == ["gmail:credentials"]
    followed.tokens.invalid_grant = False
    forget_jobs()
    announce()
    assert jobs("channels.fetch_mails") == pending.LANES
    fetching.fetch_mails()
    assert len(kept()) == 2


def test_what_does_not_come_is_told_tried_on_and_cleared(followed: GmailDouble) -> None:
    (gmail_id,) = deliver(followed, 1)
    announce()
    followed.faults.queue("get", *[Fault.UNAVAILABLE_BEFORE] * (fetching.TELL_AFTER + 1))
    for attempt in range(fetching.TELL_AFTER + 1):
        fetch_again()
        told = attempt + 1 >= fetching.TELL_AFTER
        assert open_alerts() == (["gmail:fetch"] if told else [])
    fetch_again()
    assert (kept(), open_alerts()) == ([gmail_id], [])


def test_pauses_grow_to_an_end(followed: GmailDouble) -> None:
    (gmail_id,) = deliver(followed, 1)
    announce()
    row = PendingMail.objects.get(gmail_id=gmail_id)
    now = timezone.now()
    for attempts, most in ((1, 3), (4, 24), (500, 450)):
        row.attempts = attempts
        row.save()
        pending.put_back(row, "unavailable", now=now)
        row.refresh_from_db()
        assert most / 3 <= (row.due_at - now).total_seconds() <= most


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        (pending, "announce", False),
        (pending, "announce", True),  # announced, and the cursor has not moved
        (mailbox, "_conclude", False),
        (mailbox, "_conclude", True),
        (pending, "claim", True),
        (GmailClient, "get_raw", False),
        (GmailClient, "get_raw", True),
        (fetching, "accept_event", False),
        (fetching, "accept_event", True),
        (fetching, "_end", True),
    ],
)
def test_wherever_a_worker_dies_each_mail_is_kept_once(
    followed: GmailDouble,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    after: bool,
) -> None:
    ids = deliver(followed, 3)
    die_in(monkeypatch, owner, name, after=after)
    with pytest.raises(Killed):
        follow_and_fetch()
    announce()
    fetch_again()
    assert sorted(kept()) == sorted(ids)
    assert PendingMail.objects.count() == 0
    assert SyncCursor.objects.get().position == followed.mailbox.history_id


def test_a_paused_worker_that_comes_back_keeps_nothing_twice(
    followed: GmailDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes with the mail in its hand, after another has fetched it."""
    (gmail_id,) = deliver(followed, 1)
    announce()
    real = GmailClient.get_raw

    def pause(client: GmailClient, message_id: str) -> Any:
        monkeypatch.setattr(GmailClient, "get_raw", real)
        fetch_again()
        assert kept() == [gmail_id]
        return real(client, message_id)

    monkeypatch.setattr(GmailClient, "get_raw", pause)
    fetching.fetch_mails()
    assert (kept(), jobs("channels.process_event")) == ([gmail_id], 1)


def test_a_paused_worker_that_fails_puts_nothing_back(followed: GmailDouble) -> None:
    deliver(followed, 1)
    announce()
    now = timezone.now()
    paused = PendingMail.objects.get()
    pending.claim(paused, now=now)
    later = PendingMail.objects.get()
    pending.claim(later, now=now)
    pending.put_back(paused, "unavailable", now=now)
    pending.release(paused, due_at=now)
    row = PendingMail.objects.get()
    assert (row.attempts, row.due_at) == (2, now + pending.LEASE)


def test_a_name_that_comes_twice_at_once_is_one(followed: GmailDouble) -> None:
    ref = MessageRef("18c1", "18c1", ("INBOX",))
    for _ in range(2):
        pending.announce([ref, ref], now=timezone.now())
    assert PendingMail.objects.count() == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_of_faults_loses_nothing_and_every_round_gets_on(
    followed: GmailDouble, settings: Any, seed: int
) -> None:
    """Every fault at 3 %, so that a quarter of all calls fails, time-outs included."""
    settings.PROVIDER_TIMEOUT_SECONDS = 0.05
    settings.GMAIL_UNITS_PER_MINUTE = 10**6
    followed.hang_seconds = 0.1
    followed.faults.seed(seed)
    for operation in ("history", "get"):
        for fault in (*FAILS, Fault.RATE_LIMITED, Fault.USER_RATE_LIMITED):
            followed.faults.chance(operation, fault, 0.03)
    ids: list[str] = []
    waiting = 0
    for number in range(20):
        if number < 10:
            ids += deliver(followed, 10)
        announce()
        fetch_again()
        waiting = PendingMail.objects.count()
    followed.faults.clear()
    SyncCursor.objects.update(paused_until=None)
    announce()
    fetch_again()
    assert waiting <= len(ids) / 4
    assert Counter(kept()) == dict.fromkeys(ids, 1)
