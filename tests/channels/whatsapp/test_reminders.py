from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from channels.whatsapp.reminders import remind_of_windows
from crm import alerts, services
from crm.models import Conversation, StaffAlert, User
from tests.channels.whatsapp.desk import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(run_jobs: Callable[[], int], held_by_staff: Callable[[], Conversation]) -> Conversation:
    """Alice wrote, wants a person, and waits."""
    write("I want to talk to a person")
    run_jobs()
    conversation = held_by_staff()
    conversation.messages.filter(direction="in").update(answered_at=None)
    return conversation


def test_case_42_the_reminder_comes_once_and_goes_by_itself(waiting: Conversation) -> None:
    wrote = waiting.messages.filter(direction="in").get().created_at
    assert remind_of_windows(now=wrote + timedelta(hours=21)) == 0
    near = wrote + timedelta(hours=22, minutes=5)
    assert remind_of_windows(now=near) == 1
    assert remind_of_windows(now=near + timedelta(minutes=10)) == 0
    alert = StaffAlert.objects.get(key__startswith="whatsapp-window:")
    assert alert.occurrences == 1
    alerts.clear_alert(alert.key, now=near)
    assert remind_of_windows(now=near + timedelta(minutes=20)) == 0
    assert StaffAlert.objects.filter(key=alert.key).count() == 1


@pytest.mark.usefixtures("client")  # the desk acknowledges the second message
def test_case_42_a_new_window_is_reminded_of_anew(
    waiting: Conversation, run_jobs: Callable[[], int]
) -> None:
    first = waiting.messages.filter(direction="in").get().created_at
    remind_of_windows(now=first + timedelta(hours=23))
    write("Hello?", "SM2")
    run_jobs()
    second = waiting.messages.filter(direction="in").latest("pk")
    late = second.created_at + timedelta(hours=25)
    assert remind_of_windows(now=second.created_at + timedelta(hours=23)) == 1
    assert remind_of_windows(now=late) == 0
    assert not StaffAlert.objects.filter(
        key__startswith="whatsapp-window:", cleared_at=None
    ).exists()


def test_case_42_who_was_answered_is_none_to_remind_of(waiting: Conversation, bob: User) -> None:
    wrote = waiting.messages.filter(direction="in").get().created_at
    near = wrote + timedelta(hours=23)
    assert remind_of_windows(now=near) == 1
    services.queue_staff_reply(conversation=waiting, staff=bob, text="Yes.", now=timezone.now())
    assert remind_of_windows(now=near) == 0
    assert StaffAlert.objects.get(key__startswith="whatsapp-window:").cleared_at is not None


def test_case_42_the_agents_conversations_need_no_reminder(waiting: Conversation) -> None:
    Conversation.objects.update(handler=Conversation.Handler.AGENT)
    wrote = waiting.messages.filter(direction="in").get().created_at
    assert remind_of_windows(now=wrote + timedelta(hours=23)) == 0
