"""Push tokens, judged by us and by google-auth's own verifier: accepted and refused alike."""

import base64
import json
import time
from typing import Any

import pytest
from google.auth import exceptions
from google.auth.transport.requests import Request
from google.oauth2 import id_token
from hypothesis import given
from hypothesis import strategies as st

from channels.gmail.certificates import CertsUnavailable, forget_certificates
from channels.gmail.double import Fault, GmailDouble
from channels.gmail.double.pushes import push_body
from channels.gmail.double.tokens import Claims, SigningKey, push_claims
from channels.gmail.push import (
    MalformedPush,
    PushNotification,
    PushRefused,
    parse_push,
    verify_push,
)

AUDIENCE = "http://testserver/api/v1/webhooks/gmail"
ACCOUNT = "push@double.iam.gserviceaccount.com"
STRANGER = SigningKey("double-key-1")


def claims(**changes: object) -> Claims:
    found = push_claims(audience=AUDIENCE, service_account=ACCOUNT)
    now = int(time.time())  # the numbers of a change are seconds from now
    found.update({n: now + v if type(v) is int else v for n, v in changes.items()})
    return {name: value for name, value in found.items() if value is not None}


def accepted(token: str) -> bool:
    try:
        verify_push(f"Bearer {token}")
    except PushRefused:
        return False
    return True


def accepted_by_peer(token: str, double: GmailDouble) -> bool:
    """google-auth's verify_token with its issuers, and the two claims it leaves to callers."""
    try:
        found = id_token.verify_token(
            token, Request(), AUDIENCE, f"{double.url}/certs", clock_skew_in_seconds=10
        )
    except (exceptions.GoogleAuthError, ValueError, TypeError):
        return False
    return (
        found.get("iss") in ("accounts.google.com", "https://accounts.google.com")
        and found.get("email") == ACCOUNT
        and found.get("email_verified") is True
    )


def hmac_token(secret: bytes) -> str:
    """HS256 with the public certificate as secret, the old confusion of algorithms."""
    import hashlib
    import hmac

    def encode(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    header = {"alg": "HS256", "typ": "JWT", "kid": "double-key-1"}
    signed = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(claims()).encode())}"
    return f"{signed}.{encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def unsigned_token() -> str:
    token = STRANGER.sign(claims(), header={"alg": "none"})
    return token.rpartition(".")[0] + "."


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"iss": "accounts.google.com"}, True),
        ({"iat": 5}, True),
        ({"exp": -5, "iat": -3600}, True),
        ({"aud": "https://elsewhere.example/"}, False),
        ({"aud": AUDIENCE + "/"}, False),
        ({"aud": None}, False),
        ({"aud": [AUDIENCE]}, False),
        ({"iss": "https://evil.example"}, False),
        ({"iss": None}, False),
        ({"exp": -60, "iat": -3660}, False),
        ({"exp": None}, False),
        ({"iat": None}, False),
        ({"iat": 600}, False),
        ({"exp": "later"}, False),
        ({"email": "other@double.iam.gserviceaccount.com"}, False),
        ({"email": None}, False),
        ({"email_verified": False}, False),
        ({"email_verified": "true"}, False),
        ({"email_verified": None}, False),
    ],
)
def test_tokens_are_judged_as_by_the_peer(
    double: GmailDouble, changes: Claims, expected: bool
) -> None:
    token = double.key.sign(claims(**changes))
    assert accepted(token) is expected
    assert accepted_by_peer(token, double) is expected


def test_other_keys_and_algorithms_are_refused_as_by_the_peer(double: GmailDouble) -> None:
    tokens = [
        STRANGER.sign(claims()),
        SigningKey("unknown").sign(claims()),
        unsigned_token(),
        hmac_token(double.key.certificate.encode()),
        double.key.sign(claims(), header={"alg": "ES256"}),
        double.key.sign(claims())[:-4] + "AAAA",
        "a.b.c",
        "a.b",
        "",
        "....",
        "é.é.é",
    ]
    for token in tokens:
        assert not accepted(token)
        assert not accepted_by_peer(token, double)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "x" * 20_000])
def test_no_token_is_refused(double: GmailDouble, header: str | None) -> None:
    with pytest.raises(PushRefused) as caught:
        verify_push(header)
    assert caught.value.status == 401
    assert double.calls["certs"] == 0


@pytest.mark.parametrize("name", ["GMAIL_PUBSUB_AUDIENCE", "GMAIL_PUBSUB_SERVICE_ACCOUNT"])
def test_an_unset_expectation_accepts_nobody(double: GmailDouble, settings: Any, name: str) -> None:
    setattr(settings, name, "")
    assert not accepted(double.key.sign(claims(aud="", email="")))


def test_keys_are_fetched_once_while_they_are_fresh(double: GmailDouble) -> None:
    for _ in range(5):
        assert accepted(double.key.sign(claims()))
    assert double.calls["certs"] == 1
    for _ in range(5):  # an unknown key does not let strangers make us ask
        assert not accepted(SigningKey("unknown").sign(claims()))
    assert double.calls["certs"] == 1


def test_a_new_key_is_fetched_once_the_old_ones_ran_out(double: GmailDouble) -> None:
    double.certs_max_age = 0
    assert accepted(double.key.sign(claims()))
    double.key = SigningKey("double-key-2")
    assert accepted(double.key.sign(claims()))
    assert double.calls["certs"] == 2


@pytest.mark.parametrize(
    "fault", [Fault.UNAVAILABLE_BEFORE, Fault.RESET_BEFORE, Fault.GARBLED_AFTER]
)
def test_keys_out_of_reach_ask_to_come_again(double: GmailDouble, fault: Fault) -> None:
    double.faults.queue("certs", fault)
    with pytest.raises(CertsUnavailable) as caught:
        verify_push(f"Bearer {double.key.sign(claims())}")
    assert caught.value.status == 503
    forget_certificates()
    assert accepted(double.key.sign(claims()))


def test_keys_that_were_good_outlast_a_failing_fetch(double: GmailDouble) -> None:
    double.certs_max_age = 0
    assert accepted(double.key.sign(claims()))
    double.faults.queue("certs", Fault.UNAVAILABLE_BEFORE)
    assert accepted(double.key.sign(claims()))


EXPECTED = PushNotification("support@brightlane.example", 4711, "99")


def body(data: bytes, **message: object) -> bytes:
    return json.dumps({"message": {"data": data.decode(), "messageId": "99", **message}}).encode()


@pytest.mark.parametrize("history_id", [4711, "4711"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padded", [True, False])
def test_a_push_is_read_in_every_form(history_id: object, encode: Any, padded: bool) -> None:
    data = {"emailAddress": "support@brightlane.example", "historyId": history_id, "x": "??>>~~"}
    encoded = encode(json.dumps(data).encode())
    assert parse_push(body(encoded if padded else encoded.rstrip(b"="))) == EXPECTED


def test_the_doubles_push_is_read() -> None:
    assert parse_push(push_body("support@brightlane.example", 4711, "99")) == EXPECTED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"message": 1}',
        b'{"message": {"data": 7}}',
        body(b"!!!"),
        body(base64.b64encode(b"[]")),
        body(base64.b64encode(b'{"emailAddress": "a@b"}')),
        body(base64.b64encode(b'{"emailAddress": "a@b", "historyId": true}')),
        body(base64.b64encode(b'{"emailAddress": "a@b", "historyId": -1}')),
        body(base64.b64encode(b'{"emailAddress": "a@b", "historyId": "x"}')),
        body(base64.b64encode(b'{"emailAddress": 1, "historyId": 1}')),
        b"[" * 100_000,
    ],
)
def test_malformed_pushes_are_told_apart(content: bytes) -> None:
    with pytest.raises(MalformedPush):
        parse_push(content)


@given(st.binary(max_size=300))
def test_any_body_is_read_or_malformed(content: bytes) -> None:
    for candidate in (content, body(base64.b64encode(content))):
        try:
            parse_push(candidate)
        except MalformedPush:
            continue
