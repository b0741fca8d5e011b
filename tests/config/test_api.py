import json
from typing import Any

import pytest
from django.test import Client

from crm.models import User

pytestmark = pytest.mark.django_db


def test_figures_are_for_staff_and_the_token(client: Client, bob: User, settings: Any) -> None:
    refused = client.get("/api/v1/metrics/channels")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
    settings.METRICS_TOKEN = "long-token"
    by_token = client.get(
        "/api/v1/metrics/channels", headers={"Authorization": "Bearer long-token"}
    )
    assert by_token.status_code == 200
    client.force_login(bob)
    body = client.get("/api/v1/metrics/channels?hours=1").json()
    assert {row["channel"] for row in body["channels"]} >= {"web"}
    assert client.get("/api/v1/metrics/channels?hours=0").status_code == 422


def test_the_api_documents_itself_without_foreign_addresses(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()
    assert "https://" not in page.replace("https://www.w3.org", "")
    paths = json.loads(client.get("/api/v1/openapi.json").content)["paths"]
    for path in ("/api/v1/support/form", "/api/v1/tickets/{reference}", "/api/v1/health"):
        assert path in paths


def test_a_webhook_that_does_not_exist_is_refused_in_the_one_format(client: Client) -> None:
    answer = client.post("/api/v1/webhooks/nobody", headers={"accept-language": "de"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_webhook_passes_nothing_that_is_for_browsers(client: Client) -> None:
    client.get("/support/", headers={"accept-language": "de"})
    answer = client.post("/api/v1/webhooks/whatsapp", headers={"accept-language": "de"})
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "The signature is missing or wrong."
    assert not {"Content-Security-Policy", "Content-Language", "Set-Cookie"} & set(answer.headers)
    assert answer["X-Request-ID"]
    assert answer["Content-Length"] == str(len(answer.content))
