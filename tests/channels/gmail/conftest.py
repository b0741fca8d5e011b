"""A mailbox on loopback, and the desk's settings that point to it."""

from collections.abc import Iterator
from typing import Any

import pytest

from channels.gmail.certificates import forget_certificates
from channels.gmail.client import GmailClient
from channels.gmail.double import GmailDouble

SUPPORT = "support@brightlane.example"


@pytest.fixture(autouse=True)
def _gmail_settings(settings: Any) -> None:
    settings.COMPANY_NAME = "Brightlane"
    settings.GMAIL_SUPPORT_ADDRESS = SUPPORT
    settings.ATTACHMENT_MAX_FILES = 5
    settings.ATTACHMENT_MAX_BYTES = 200_000


@pytest.fixture
def double(settings: Any) -> Iterator[GmailDouble]:
    """Gmail, token service and certificates; hangs end with the test."""
    with GmailDouble(SUPPORT) as running:
        for name, value in running.settings().items():
            setattr(settings, name, value)
        forget_certificates()
        yield running
    forget_certificates()


@pytest.fixture
def client(double: GmailDouble) -> Iterator[GmailClient]:
    """A client that loses patience after half a second."""
    with GmailClient(timeout=(2.0, 0.5)) as opened:
        yield opened
