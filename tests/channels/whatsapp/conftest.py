"""The double on loopback, and a desk that is set up to use it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from channels.whatsapp.client import TwilioClient
from channels.whatsapp.double.provider import Conduct, Provider
from channels.whatsapp.double.server import DoubleServer
from crm.models import Conversation
from tests.channels.whatsapp.cast import ACCOUNT, PUBLIC_URL, SENDER, TOKEN
from tests.channels.whatsapp.desk import INBOUND
from tests.channels.whatsapp.sink import Sink, listening


@pytest.fixture
def double() -> Iterator[DoubleServer]:
    provider = Provider(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sender=SENDER,
        deliver_to="http://127.0.0.1:9",  # where nobody listens
        conduct=Conduct(hold_seconds=3),
        seed=37,
    )
    with DoubleServer(provider) as server:
        yield server


@pytest.fixture(autouse=True)
def account(settings: Any) -> Any:
    settings.TWILIO_ACCOUNT_SID = ACCOUNT
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.TWILIO_WHATSAPP_FROM = SENDER
    settings.TWILIO_API_BASE = ""
    settings.PUBLIC_URL = PUBLIC_URL
    return settings


@pytest.fixture
def client(double: DoubleServer, account: Any) -> TwilioClient:
    account.TWILIO_API_BASE = double.base
    return TwilioClient(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sender=SENDER,
        api_base=double.base,
        connect_seconds=1,
        read_seconds=0.4,
    )


@pytest.fixture
def sink(double: DoubleServer, account: Any) -> Iterator[Sink]:
    """What the double posts to the desk waits here for `desk.hand_over`: only the test's own
    thread sees the test's transaction."""
    account.TWILIO_API_BASE = double.base
    double.provider.conduct.hold_seconds = 0.2
    with listening() as taken:
        double.provider.courier.deliver_to = taken.base
        double.provider.conduct.inbound_url = f"{PUBLIC_URL}{INBOUND}"
        yield taken


@pytest.fixture
def held_by_staff(db: None) -> Callable[[], Conversation]:
    """Alice's conversation, which staff hold, so that no agent answers."""

    def hold() -> Conversation:
        Conversation.objects.update(handler=Conversation.Handler.STAFF)
        return Conversation.objects.get()

    return hold
