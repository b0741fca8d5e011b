from typing import Any

from config.checks import twilio_is_complete


def found(settings: Any) -> list[tuple[str | None, str]]:
    return [(each.id, str(each.msg)) for each in twilio_is_complete(None)]


def test_all_or_nothing_is_right(account: Any) -> None:
    account.TWILIO_API_BASE = "https://api.twilio.com"
    assert found(account) == []
    account.TWILIO_ACCOUNT_SID = account.TWILIO_AUTH_TOKEN = account.TWILIO_WHATSAPP_FROM = ""
    assert found(account) == []


def test_what_is_missing_is_named(account: Any) -> None:
    account.TWILIO_AUTH_TOKEN = ""
    [(code, sentence)] = found(account)
    assert code == "allhours.E002"
    assert sentence.startswith("TWILIO_AUTH_TOKEN is not set.")


def test_twilio_needs_an_https_address(account: Any) -> None:
    account.TWILIO_API_BASE = "https://api.twilio.com"
    account.PUBLIC_URL = "http://desk.example.com"
    [(code, sentence)] = found(account)
    assert code == "allhours.W001"
    assert "PUBLIC_URL" in sentence
    account.TWILIO_API_BASE = "http://127.0.0.1:9000"  # the double
    assert found(account) == []
