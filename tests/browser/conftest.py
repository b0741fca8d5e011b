"""Headless Chromium against a live server, with a worker in a thread beside it."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connections
from playwright.sync_api import Page
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.live_server_helper import LiveServer

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Playwright's synchronous interface keeps an event loop in the test's thread, where Django
# would refuse to query; the loop is not running anything while a test does.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"There is no {CHROMIUM}: install it, or set CHROMIUM.")
    return {"executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def base_url() -> str:
    """In place of the plugin's own fixture, which this version of pytest warns of."""
    return ""


@pytest.fixture
def desk(
    transactional_db: None,
    django_db_serialized_rollback: None,
    settings: Any,
    run_jobs: Callable[[], int],
) -> Iterator[str]:
    """The address of a desk with some of the sample articles, whose jobs are run as they come."""
    server = LiveServer("localhost")  # pytest-django's own one starts before `settings` applies
    settings.PUBLIC_URL = server.url
    settings.FORM_RATE_LIMIT = None
    articles = django_settings.BASE_DIR / "sample_company" / "articles" / "accounts"
    call_command("import_knowledge", str(articles), verbosity=0)
    forget_jobs()
    stop = threading.Event()
    problems: list[Exception] = []

    def work() -> None:
        while not stop.wait(0.1):
            try:
                run_jobs()
            except Exception as problem:  # noqa: BLE001  shown by the test's own thread
                problems.append(problem)
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    yield server.url
    stop.set()
    worker.join()
    server.stop()
    forget_jobs()
    assert not problems


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page on which an error of a script, or of the content security policy, fails the test."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            errors.append(message.text)
            if message.type == "error" and "status of 4" not in message.text
            else None
        ),
    )
    yield page
    assert not errors


def forget_jobs() -> None:
    """The queue's tables are not Django's, so no test empties them."""
    ProcrastinateJob.objects.all()._raw_delete("default")
