from pathlib import Path
from typing import Any

import pytest

from config.checks import gmail_is_complete

CLIENT = ("GMAIL_CLIENT_ID", "GMAIL_CLIENT_SECRET", "GMAIL_REFRESH_TOKEN")


@pytest.fixture
def nothing(settings: Any) -> Any:
    for name in ("GMAIL_SUPPORT_ADDRESS", "GMAIL_SERVICE_ACCOUNT_FILE", *CLIENT):
        setattr(settings, name, "")
    return settings


def found() -> list[str]:
    return [str(each.msg) for each in gmail_is_complete(None)]


def test_no_mailbox_is_right(nothing: Any) -> None:
    assert found() == []


def test_a_mailbox_without_a_way_to_sign_in_is_named(nothing: Any) -> None:
    nothing.GMAIL_SUPPORT_ADDRESS = "support@example.com"
    [sentence] = found()
    assert sentence.startswith("GMAIL_CLIENT_ID, GMAIL_CLIENT_SECRET, GMAIL_REFRESH_TOKEN is not")
    for name in CLIENT:
        setattr(nothing, name, "x")
    assert found() == []


def test_a_service_account_is_enough_and_its_file_must_be_there(
    nothing: Any, tmp_path: Path
) -> None:
    key = tmp_path / "account.json"
    nothing.GMAIL_SERVICE_ACCOUNT_FILE = str(key)
    [sentence] = found()
    assert sentence.startswith("GMAIL_SUPPORT_ADDRESS is not set.")
    nothing.GMAIL_SUPPORT_ADDRESS = "support@example.com"
    [sentence] = found()
    assert "is no file" in sentence
    key.write_text("{}")
    assert found() == []
