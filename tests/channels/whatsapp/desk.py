"""The desk as Twilio and its customers meet it: the real views behind the double's courier."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.whatsapp.double.server import DoubleServer
from tests.channels.whatsapp.cast import ALICE, PUBLIC_URL, SENDER, TOKEN
from tests.channels.whatsapp.sink import Sink

INBOUND = "/api/v1/webhooks/whatsapp"
STATUS = f"{INBOUND}/status"
Form = dict[str, str]


def message_form(sid: str = "SM1", body: str = "Hello", **changes: str) -> Form:
    return {
        "MessageSid": sid,
        "From": ALICE,
        "To": SENDER,
        "Body": body,
        "NumMedia": "0",
        "ProfileName": "Alice",
        "WaId": ALICE.removeprefix("whatsapp:+"),
        **changes,
    }


def status_form(sid: str, status: str, code: int | None = None) -> Form:
    form = {"MessageSid": sid, "MessageStatus": status, "To": ALICE, "From": SENDER}
    return form if code is None else form | {"ErrorCode": str(code)}


def post(path: str, form: Form, *, signature: str | None = None) -> Any:
    """As Twilio posts it, signed by Twilio's own library unless another signature is given."""
    genuine = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}{path}", form)
    return Client().post(
        path,
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": genuine if signature is None else signature},
    )


def write(body: str = "Hello", sid: str = "SM1", **changes: str) -> HttpResponse:
    answer: HttpResponse = post(INBOUND, message_form(sid, body, **changes))
    assert answer.status_code == 200, answer.content
    return answer


def report(token: object, sid: str, status: str, code: int | None = None) -> HttpResponse:
    answer: HttpResponse = post(f"{STATUS}?delivery={token}", status_form(sid, status, code))
    assert answer.status_code == 200, answer.content
    return answer


def hand_over(double: DoubleServer, sink: Sink) -> int:
    """Gives the desk what the double has posted since the last time; returns how much."""
    assert double.provider.courier.wait_until_idle()
    posted, sink.taken = sink.taken, []
    for each in posted:
        answer = Client().post(
            each.path,
            each.body,
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": each.signature or ""},
        )
        assert answer.status_code == 200, answer.content
    return len(posted)
