import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import User

pytestmark = pytest.mark.django_db
PAGE = "/admin/login/?next=/admin/"


def sign_in(client: Client, name: str, password: str, *, address: str = "203.0.113.1") -> Any:
    data = {"username": name, "password": password}
    return client.post(PAGE, data, REMOTE_ADDR=address)


@pytest.fixture(autouse=True)
def _one_window(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """All attempts within the same five minutes."""
    monkeypatch.setattr(timezone, "now", lambda: now)


def test_guessing_a_password_ends_soon_and_says_for_how_long(client: Client, bob: User) -> None:
    for _ in range(10):
        assert "Too many" not in sign_in(client, "bob", "wrong").content.decode()
    refused = sign_in(client, "bob", "a-long-password-1").content.decode()
    assert re.search(r"Too many attempts to sign in. Try again in \d+ seconds?\.", refused)
    assert sign_in(client, "bob", "a-long-password-1", address="203.0.113.2").status_code == 302


def test_trying_many_names_ends_too(client: Client, bob: User) -> None:
    for number in range(50):
        sign_in(client, f"nobody{number}", "wrong")
    assert "Too many" in sign_in(client, "bob", "a-long-password-1").content.decode()
    assert sign_in(client, "bob", "a-long-password-1", address="203.0.113.2").status_code == 302
