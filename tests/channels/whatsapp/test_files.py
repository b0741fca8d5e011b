"""Files of messages: fetched after the message, or missing with the reason."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from channels.models import InboundEvent
from channels.types import TransportError
from channels.whatsapp.double.server import DoubleServer
from channels.whatsapp.files import GIVE_UP_AFTER, fetch_files
from crm.models import Attachment, Message
from crm.timeline import list_timeline
from tests.channels.whatsapp.cast import ALICE
from tests.channels.whatsapp.desk import hand_over, write
from tests.channels.whatsapp.sink import Sink

pytestmark = pytest.mark.django_db
RunJobs = Callable[[], int]
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def picture(double: DoubleServer, sink: Sink, body: str = "") -> None:
    double.receive(ALICE, body, media=[("image/png", PNG)])
    hand_over(double, sink)


def test_case_49_a_picture_is_fetched_with_authentication(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs
) -> None:
    picture(double, sink)
    run_jobs()
    message = Message.objects.get(author="customer")
    file = message.attachments.get()
    assert (message.text, message.remarks) == ("[Image]", [])
    assert (bytes(file.content), file.content_type, file.size) == (PNG, "image/png", len(PNG))
    assert file.name.startswith("whatsapp-ME")
    # Asked for with the token, and fetched without it where the provider redirected to.
    assert double.provider.books.file_fetches == [False]


def test_case_49_twice_fetched_is_one_file(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs
) -> None:
    picture(double, sink)
    run_jobs()
    message = Message.objects.get(author="customer")
    fetch_files(message.pk, now=timezone.now())
    assert Attachment.objects.count() == 1
    assert len(double.provider.books.file_fetches) == 1


def test_case_49_an_internal_address_is_refused_and_shown(run_jobs: RunJobs) -> None:
    url = "http://169.254.169.254/latest/meta-data"
    write("Look", NumMedia="1", MediaUrl0=url, MediaContentType0="image/png")
    run_jobs()
    message = Message.objects.get(author="customer")
    assert message.remarks == ["A file is missing. The file's address is none of Twilio's."]
    assert not message.attachments.exists()
    (entry,) = [
        each for each in list_timeline(message.conversation) if each.message.pk == message.pk
    ]
    assert [mark.text for mark in entry.marks] == message.remarks


def test_case_50_what_the_provider_does_not_have_is_shown_once(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs
) -> None:
    url = f"{double.base}/2010-04-01/Accounts/{double.provider.account_sid}/Messages/MM1/Media/ME9"
    write("Look", NumMedia="1", MediaUrl0=url, MediaContentType0="image/png")
    run_jobs()
    message = Message.objects.get(author="customer")
    fetch_files(message.pk, now=timezone.now())
    message.refresh_from_db()
    assert message.remarks == ["A file is missing. Twilio does not have the file (any more)."]


def test_case_50_what_may_still_come_is_tried_again_and_missing_in_the_end(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs
) -> None:
    double.provider.faults.script("read", ["unavailable_before"] * 3)
    picture(double, sink, "Look")
    with pytest.raises(TransportError) as postponed:
        run_jobs()
    assert not postponed.value.permanent
    message = Message.objects.get(author="customer")
    assert message.remarks == []
    late = InboundEvent.objects.get().received_at + GIVE_UP_AFTER
    fetch_files(message.pk, now=late)
    message.refresh_from_db()
    assert message.remarks == ["A file is missing. The file could not be fetched."]


def test_the_retries_last_longer_than_the_patience() -> None:
    from procrastinate.contrib.django import app

    retry = app.tasks["channels.fetch_media"].retry_strategy
    shortest = sum(
        0.5 * min(2**attempt, retry.cap_seconds)  # type: ignore[union-attr]
        for attempt in range(retry.max_attempts - 1)  # type: ignore[union-attr]
    )
    assert timedelta(seconds=shortest) > GIVE_UP_AFTER


def test_the_job_is_enqueued_with_the_message_and_names_it_only(
    double: DoubleServer, sink: Sink
) -> None:
    from channels.tasks import process_event

    picture(double, sink)
    process_event(event_id=InboundEvent.objects.get().pk)
    job = ProcrastinateJob.objects.get(task_name="channels.fetch_media")
    assert job.args["message_id"] == Message.objects.get().pk
    assert set(job.args) <= {"message_id", "correlation_id"}
