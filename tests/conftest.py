"""The cast and the stage of every test. The network is blocked but for loopback and sockets."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone, translation
from pytest_django.plugin import blocking_manager_key
from pytest_httpserver import HTTPServer

from channels.types import Submission
from channels.web.submission import submit_question
from crm.models import ConfirmationCode, User
from tickets.models import Ticket

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_QUEUE = "procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before a test with real transactions the tables are what the migrations left. Tests in a
    browser come last: Playwright leaves an event loop running in the tests' own thread."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker is not None and marker.kwargs.get("transaction"):
            options = {**marker.kwargs, "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(**options), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """A test with real transactions empties Django's tables at its end, but not the queue's.
    Afterwards there are no jobs, and again what the migrations put there, such as roles."""
    yield
    if nextitem is None:
        return  # the database is gone already
    marker = item.get_closest_marker("django_db")
    transactional = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    if transactional or (marker is not None and marker.kwargs.get("transaction")):
        migrated = getattr(connection, "_test_serialized_contents", "[]")
        with item.config.stash[blocking_manager_key].unblock():
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE {_QUEUE} CASCADE")
            connection.creation.deserialize_db_from_string(migrated)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A request in another language leaves it active in its thread, here the tests' one."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting anywhere but to this machine is an error that names the address."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in _LOOPBACK:
            raise RuntimeError(f"A test connects to {address[0]}: use a double on loopback.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _quick_settings(settings: Any) -> None:
    """Static files straight from their folders, passwords that cost nothing to check, and what a
    test changes counts at once."""
    settings.REMEMBERED_SECONDS = 0
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def _tasks_registered() -> None:
    """What the worker imports at its start."""
    import config.schedule  # noqa: F401  needs Django to be set up


@pytest.fixture(scope="session")
def make_httpserver() -> Iterator[HTTPServer]:
    """pytest-httpserver's own, with a thread for each request: one that hangs must not hold up
    those of the test that comes after."""
    server = HTTPServer(host="127.0.0.1", threaded=True)
    server.start()
    yield server
    server.clear()
    server.stop()


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """What a server that hangs waits for: it is set when the test is over."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def bob(db: None) -> User:
    """A support agent."""
    return _staff("bob", "agent")


@pytest.fixture
def carol(db: None) -> User:
    """A supervisor."""
    return _staff("carol", "supervisor")


@pytest.fixture
def dora(db: None) -> User:
    """An administrator."""
    return _staff("dora", "administrator")


@pytest.fixture
def ask(db: None) -> Callable[..., Ticket]:
    """Alice asks on the web form, through the service that form and API use."""
    counter = iter(range(1, 10_000))

    def submit(message: str = "How do I invite a colleague?", **changes: Any) -> Ticket:
        values: dict[str, Any] = {
            "token": f"00000000-0000-4000-8000-{next(counter):012d}",
            "name": "Alice Ahmed",
            "email": "alice@example.com",
            "subject": "A question",
            "message": message,
            "category": Ticket.Category.HOW_TO,
            "priority": Ticket.Priority.NORMAL,
            **changes,
        }
        return submit_question(submission=Submission(**values), now=timezone.now())

    return submit


@pytest.fixture
def prove() -> Callable[[Ticket], Ticket]:
    """Alice returned in that ticket the code that was mailed to her: it is she who writes there."""

    def confirm(ticket: Ticket) -> Ticket:
        talk, now = ticket.conversation, timezone.now()
        assert talk.identifier is not None
        ConfirmationCode.objects.create(
            identifier=talk.identifier,
            purpose=ConfirmationCode.Purpose.CONFIRM,
            conversation=talk,
            entered_in=talk,
            created_at=now,
            expires_at=now,
            link_expires_at=now,
            used_at=now,
        )
        return ticket

    return confirm


@pytest.fixture
def run_jobs() -> Callable[[], int]:
    """Runs what is due, in order of id, with the registered tasks, until nothing is.

    A job that raises fails the test; returns how many ran. Jobs scheduled for later stay.
    """
    from procrastinate.contrib.django import app  # needs Django to be set up
    from procrastinate.contrib.django.models import ProcrastinateJob

    def due() -> Iterator[Any]:
        while True:
            job = (
                ProcrastinateJob.objects.filter(status="todo")
                .exclude(scheduled_at__gt=datetime.now(UTC))
                .order_by("id")
                .first()
            )
            if job is None:
                return
            yield job

    def run() -> int:
        count = 0
        for job in due():
            app.tasks[job.task_name](**job.args)
            ProcrastinateJob.objects.filter(pk=job.pk)._raw_delete("default")
            count += 1
        return count

    return run


def _staff(name: str, role: str) -> User:
    from django.contrib.auth.models import Group

    user = User.objects.create_user(
        name, f"{name}@example.com", "a-long-password-1", first_name=name.title(), is_staff=True
    )
    user.groups.add(Group.objects.get(name=role))
    return user
