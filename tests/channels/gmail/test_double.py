"""The double as others see it: by itself, by its control address, and by what it pushes."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels.gmail.client import GmailClient
from channels.gmail.double import Fault, GmailDouble
from channels.gmail.push import parse_push, verify_push
from tests.channels.gmail.mails import mail


class Webhook:
    """Verifies what comes as the desk will, and answers as it is told."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/hook")
        self.received: list[int] = []
        self.answers: list[int] = []
        server.expect_request("/hook", method="POST").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        verify_push(request.headers.get("Authorization"))
        status = self.answers.pop(0) if self.answers else 204
        if status == 204:
            self.received.append(parse_push(request.data).history_id)
        return Response(status=status)


@pytest.fixture
def webhook(double: GmailDouble, httpserver: HTTPServer) -> Iterator[Webhook]:
    found = Webhook(httpserver)
    told = double.settings()
    double.push_to(
        found.url,
        audience=told["GMAIL_PUBSUB_AUDIENCE"],
        service_account=told["GMAIL_PUBSUB_SERVICE_ACCOUNT"],
    )
    yield found
    httpserver.check_assertions()


def test_a_mail_is_pushed_with_a_token_that_we_accept(
    double: GmailDouble, webhook: Webhook
) -> None:
    stored = double.deliver(mail())
    double.pusher.wait()
    assert webhook.received == [stored.history_id]


def test_pushes_come_twice_late_or_never(double: GmailDouble, webhook: Webhook) -> None:
    double.faults.queue("push", Fault.DUPLICATE, Fault.DROP, Fault.REORDER)
    ids = [double.deliver(mail(message_id=f"<m{n}@x>")).history_id for n in range(4)]
    double.pusher.wait()
    assert webhook.received == [ids[0], ids[0], ids[3], ids[2]]


def test_a_push_that_is_not_acknowledged_comes_again(double: GmailDouble, webhook: Webhook) -> None:
    webhook.answers = [503, 500, 204]
    stored = double.deliver(mail())
    double.pusher.wait()
    assert webhook.received == [stored.history_id]
    assert double.pusher.statuses == [503, 500, 204]


def test_it_is_told_what_to_do_and_shows_its_books(
    double: GmailDouble, client: GmailClient
) -> None:
    encoded = base64.urlsafe_b64encode(mail()).decode()
    command = {
        "deliver": {"raw": encoded, "labels": ["SPAM"]},
        "faults": {"profile": ["unavailable_before"]},
        "chances": {"get": {"reset_after": 0.0}},
        "seed": 5,
        "retry_after": "9",
        "hang_seconds": 0.1,
    }
    answer = requests.post(f"{double.url}/_control", json=command, timeout=60).json()
    gmail_id = answer["deliver"]["id"]
    assert double.mailbox.messages[gmail_id].labels == {"SPAM"}
    follow_up = {"rescue": gmail_id, "clear": True, "expire_history": True, "flush": True}
    assert requests.post(f"{double.url}/_control", json=follow_up, timeout=60).status_code == 200
    assert client.get_raw(gmail_id).label_ids == ("INBOX",)
    outgoing = mail(X_Allhours_Delivery="d-9", to="alice@example.com")
    client.send_draft(client.create_draft(outgoing).draft_id)
    books = requests.get(f"{double.url}/_books?raw=1", timeout=60).json()
    assert books["perDelivery"] == {"d-9": 1}
    assert books["sent"][0]["to"] == "alice@example.com"
    assert base64.urlsafe_b64decode(books["sent"][0]["raw"]) == outgoing
    assert books["calls"]["send_draft"] == 1
    assert requests.post(
        f"{double.url}/_control", json={"invalid_grant": True, "revoke": True}, timeout=5
    ).ok
    assert double.tokens.invalid_grant


@pytest.mark.parametrize(
    "command",
    [[], {"unknown": 1}, {"faults": {"get": ["no such"]}}, {"deliver": {}}, {"seed": "x"}],
)
def test_commands_that_it_does_not_know_are_refused(double: GmailDouble, command: object) -> None:
    answer = requests.post(f"{double.url}/_control", json=command, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_errors_have_googles_shape(double: GmailDouble) -> None:
    answer = requests.get(f"{double.url}/gmail/v1/users/me/profile", timeout=60)
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"
    assert answer.json()["error"]["errors"][0]["reason"] == "authError"


def test_chances_with_a_seed_repeat_themselves(double: GmailDouble) -> None:
    def run() -> list[Fault | None]:
        double.faults.seed(3)
        return [double.faults.next("get") for _ in range(50)]

    double.faults.chance("get", Fault.CLOSE_AFTER, 0.2)
    first = run()
    assert run() == first
    assert 0 < sum(fault is not None for fault in first) < 50


def test_it_runs_by_itself() -> None:
    command = [sys.executable, "-m", "channels.gmail.double", "--address", "desk@b.example"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        certs = requests.get(told["GOOGLE_CERTS_URL"], timeout=60)
        assert "BEGIN CERTIFICATE" in str(certs.json())
        assert "max-age" in certs.headers["Cache-Control"]
        assert told["GMAIL_SUPPORT_ADDRESS"] == "desk@b.example"
        process.terminate()
        assert process.wait(timeout=60) == 0


def test_googles_own_client_library_speaks_to_it(double: GmailDouble) -> None:
    """The double is no mirror of our client: Google's finds in it what it expects."""
    from google.oauth2.credentials import Credentials
    from googleapiclient.discovery import build  # type: ignore[import-untyped]
    from googleapiclient.errors import HttpError  # type: ignore[import-untyped]

    told = double.settings()
    stored = double.deliver(mail())
    credentials = Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=told["GMAIL_REFRESH_TOKEN"],
        client_id=told["GMAIL_CLIENT_ID"],
        client_secret=told["GMAIL_CLIENT_SECRET"],
        token_uri=told["GOOGLE_TOKEN_URI"],
    )
    service = build(
        "gmail",
        "v1",
        credentials=credentials,
        client_options={"api_endpoint": double.url},
        static_discovery=True,
    )
    users = service.users()
    with service:
        assert users.getProfile(userId="me").execute()["emailAddress"] == double.mailbox.address
        history = users.history().list(userId="me", startHistoryId="1000").execute()
        assert history["history"][0]["messagesAdded"][0]["message"]["id"] == stored.gmail_id
        got = users.messages().get(userId="me", id=stored.gmail_id, format="raw").execute()
        assert base64.urlsafe_b64decode(got["raw"]) == mail()
        body = {"message": {"raw": got["raw"], "threadId": stored.thread_id}}
        draft = users.drafts().create(userId="me", body=body).execute()
        assert users.drafts().get(userId="me", id=draft["id"]).execute()["id"] == draft["id"]
        sent = users.drafts().send(userId="me", body={"id": draft["id"]}).execute()
        assert "SENT" in sent["labelIds"]
        thread = users.threads().get(userId="me", id=stored.thread_id).execute()
        assert [message["id"] for message in thread["messages"]] == [stored.gmail_id, sent["id"]]
        assert not users.stop(userId="me").execute()
        double.faults.queue("profile", Fault.RATE_LIMITED)
        with pytest.raises(HttpError) as caught:
            users.getProfile(userId="me").execute()
        assert caught.value.status_code == 429
