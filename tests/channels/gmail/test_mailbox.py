"""The mailbox is followed, watched, and its troubles are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from channels.gmail import fetching, mailbox
from channels.gmail.double import Fault, GmailDouble
from channels.gmail.sync import Followed
from channels.models import Delivery, InboundEvent, SyncCursor
from crm.models import Message, StaffAlert
from tests.channels.gmail.desk import answer, catch_up, conversation_of, forget_jobs, jobs, send
from tests.channels.gmail.mails import mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def followed(double: GmailDouble) -> GmailDouble:
    """A mailbox that the desk follows since now."""
    catch_up()
    forget_jobs()
    return double


def position() -> int:
    return SyncCursor.objects.get(channel="email").position


def open_alerts() -> list[str]:
    return sorted(StaffAlert.objects.filter(cleared_at=None).values_list("key", flat=True))


def sync() -> None:
    mailbox.sync_mailbox(now=timezone.now())
    fetching.fetch_mails()


def test_jobs_name_threads_and_no_people(followed: GmailDouble) -> None:
    followed.deliver(mail())
    sync()
    for job in ProcrastinateJob.objects.filter(status="todo"):
        assert "alice" not in f"{job.args} {job.lock} {job.queueing_lock}".lower()


def test_the_cursor_only_grows(followed: GmailDouble) -> None:
    """A twin that was paused and comes back moves nothing backward."""
    paused = SyncCursor.objects.get()
    followed.deliver(mail())
    sync()
    ahead = position()
    late = Followed(cursor=ahead - 2, found=0, full=False)
    mailbox._conclude(paused, late, now=timezone.now())
    assert position() == ahead


def test_another_mailboxs_cursor_gives_way(followed: GmailDouble) -> None:
    SyncCursor.objects.update(position=10**12)
    followed.mailbox.oldest_history_id = 10**13  # Gmail does not know it
    sync()
    assert position() == followed.mailbox.history_id


def test_a_failed_sync_is_tried_again_then_told_and_cleared(followed: GmailDouble) -> None:
    followed.deliver(mail())
    for retry in range(mailbox.MAX_RETRIES):
        followed.faults.queue("history", Fault.UNAVAILABLE_BEFORE)
        now = timezone.now()
        mailbox.sync_mailbox(now=now)
        job = ProcrastinateJob.objects.get(task_name="channels.poll_gmail")
        assert job.scheduled_at == now + mailbox.FIRST_PAUSE * 2**retry
        assert open_alerts() == []
        forget_jobs()
    followed.faults.queue("history", Fault.UNAVAILABLE_BEFORE)
    sync()
    assert open_alerts() == ["gmail:sync"]
    assert jobs("channels.poll_gmail") == 0  # from here on the periodic one
    sync()
    assert open_alerts() == []
    assert (InboundEvent.objects.count(), SyncCursor.objects.get().failures) == (1, 0)


def test_retries_of_a_sync_wait_for_the_one_that_runs(followed: GmailDouble) -> None:
    """All go through one lock, those that were scheduled too."""
    followed.faults.queue("history", Fault.UNAVAILABLE_BEFORE)
    sync()
    mailbox.poll(now=timezone.now())
    locks = ProcrastinateJob.objects.filter(task_name="channels.sync_gmail")
    assert [job.lock for job in locks] == ["gmail-sync"]


def test_a_limit_is_waited_for(followed: GmailDouble) -> None:
    followed.retry_after = "3600"
    followed.faults.queue("history", Fault.RATE_LIMITED)
    sync()
    job = ProcrastinateJob.objects.get(task_name="channels.poll_gmail")
    assert job.scheduled_at is not None
    assert job.scheduled_at > timezone.now() + timedelta(minutes=59)
    calls = followed.calls["history"]
    sync()
    assert followed.calls["history"] == calls
    mailbox.sync_mailbox(now=job.scheduled_at)
    assert followed.calls["history"] == calls + 1


def test_polling_is_quiet_without_an_account(double: GmailDouble, settings: Any) -> None:
    mailbox.poll(now=timezone.now())
    assert jobs("channels.sync_gmail") == 1
    forget_jobs()
    settings.GMAIL_REFRESH_TOKEN = ""
    mailbox.poll(now=timezone.now())
    sync()
    mailbox.renew_watch(now=timezone.now())
    assert (jobs("channels.sync_gmail"), open_alerts(), double.calls["token"]) == (0, [], 0)


def test_of_a_new_mailbox_only_what_is_unread_or_fresh_is_taken(
    double: GmailDouble,
) -> None:
    days = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    double.deliver(mail(message_id="<read@x>"), labels=("INBOX",), received_at=days)
    unread = double.deliver(mail(message_id="<unread@x>"), received_at=days)
    fresh = double.deliver(mail(message_id="<fresh@x>"), labels=("INBOX",))
    sync()
    names = set(InboundEvent.objects.values_list("external_id", flat=True))
    assert names == {f"gmail:{unread.gmail_id}", f"gmail:{fresh.gmail_id}"}


def test_case_34_a_mailbox_away_for_two_days_is_caught_up(followed: GmailDouble) -> None:
    now = datetime.now(UTC)
    hours = range(48, 0, -4)
    for each in hours:
        at = (now - timedelta(hours=each)).timestamp()
        raw = mail(f"Question {each}?", message_id=f"<h{each}@x>", sender=f"c{each}@example.com")
        followed.deliver(raw, labels=("INBOX",), received_at=at)
    catch_up()
    messages = Message.objects.order_by("id")
    assert [message.text for message in messages] == [f"Question {each}?" for each in hours]
    # They are as old as they are, so that their response is overdue at once.
    assert messages[0].created_at < now - timedelta(hours=47)


def test_case_34_a_history_that_is_gone_is_replaced_by_the_list(followed: GmailDouble) -> None:
    two_days = (datetime.now(UTC) - timedelta(hours=47)).timestamp()
    old = followed.deliver(mail(message_id="<old@x>"), labels=("INBOX",), received_at=two_days)
    followed.mailbox.expire_history()
    new = followed.deliver(mail(message_id="<new@x>"))
    catch_up()
    names = set(InboundEvent.objects.values_list("external_id", flat=True))
    assert names == {f"gmail:{old.gmail_id}", f"gmail:{new.gmail_id}"}
    assert Message.objects.count() == 2
    assert position() == followed.mailbox.history_id


def test_case_35_refused_credentials_are_told_and_recovery_clears_and_catches_up(
    followed: GmailDouble,
) -> None:
    followed.deliver(mail())
    catch_up()
    queued = answer(Message.objects.get().conversation)
    followed.tokens.invalid_grant = True
    followed.tokens.revoke_all()
    followed.deliver(mail("A second question?", message_id="<2@x>"))
    sync()
    alert = StaffAlert.objects.get(key="gmail:credentials")
    assert (alert.level, alert.cleared_at) == (StaffAlert.Level.CRITICAL, None)
    assert send(queued).state == Delivery.State.HELD  # not failed: nobody has to retry it
    followed.tokens.invalid_grant = False
    catch_up()
    assert Message.objects.filter(direction="in").count() == 2
    assert StaffAlert.objects.get(key="gmail:credentials").cleared_at is not None
    queued.refresh_from_db()
    assert queued.state == Delivery.State.QUEUED
    assert send(queued).state == Delivery.State.SENT


def test_the_watch_is_started_renewed_and_told_of_before_it_ends(
    double: GmailDouble, now: datetime
) -> None:
    mailbox.renew_watch(now=now)
    ends_at = SyncCursor.objects.get().watch_ends_at
    assert ends_at is not None
    assert ends_at > now + timedelta(days=6)
    assert open_alerts() == []
    double.faults.queue("watch", Fault.UNAVAILABLE_BEFORE)
    mailbox.renew_watch(now=ends_at - timedelta(hours=47))
    assert open_alerts() == ["gmail:watch"]
    mailbox.renew_watch(now=now)
    assert open_alerts() == []


def test_old_notifications_are_forgotten_and_parked_ones_kept(
    double: GmailDouble, now: datetime
) -> None:
    for state in ("processed", "parked"):
        InboundEvent.objects.create(
            channel="email",
            external_id=f"gmail-push:{state}",
            payload={},
            state=state,
            received_at=now - timedelta(days=8),
        )
    mailbox.renew_watch(now=now)
    assert InboundEvent.objects.get().state == "parked"


def test_the_command_says_until_when(double: GmailDouble, capsys: Any, settings: Any) -> None:
    call_command("gmail_watch")
    assert "projects/double/topics/gmail until 20" in capsys.readouterr().out
    settings.GMAIL_PUBSUB_TOPIC = ""
    with pytest.raises(CommandError, match="GMAIL_PUBSUB_TOPIC"):
        call_command("gmail_watch")


def test_a_deleted_mail_is_passed_by(followed: GmailDouble) -> None:
    gone = followed.deliver(mail(message_id="<gone@x>"))
    followed.deliver(mail(message_id="<here@x>"))
    followed.mailbox.delete(gone.gmail_id)
    catch_up()
    assert conversation_of(InboundEvent.objects.get()).messages.count() == 1
