"""Our check of signatures against Twilio's own validator."""

import base64
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from django.http import QueryDict
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.whatsapp.signature import read_signed
from tests.channels.whatsapp.cast import PUBLIC_URL, TOKEN

PATH = "/api/v1/webhooks/whatsapp"
_peer = RequestValidator(TOKEN)
_texts = st.text(st.characters(codec="utf-8"), max_size=12)
_names = st.sampled_from(["Body", "From", "MediaUrl0", "Body", "ä", "a b"]) | _texts
_forms = st.lists(st.tuples(_names, _texts), max_size=6)
_origins = st.sampled_from(
    [
        "https://desk.example.com",
        "http://desk.example.com",
        "https://desk.example.com:8443",
        "http://desk.example.com:80",
        "https://desk.example.com/prefix",
        "HTTPS://Desk.Example.com",
    ]
)
_paths = st.sampled_from(
    [PATH, f"{PATH}/", f"{PATH}?", f"{PATH}?delivery=1", f"{PATH}/?a=b&a=%20+", "/"]
)


def verify(path: str, body: bytes, signature: str | None) -> bool:
    return read_signed(path, body, signature) is not None


def body_of(form: list[tuple[str, str]]) -> bytes:
    return urlencode(form).encode()


@given(form=_forms, origin=_origins, path=_paths, signed_path=_paths, changed=_forms)
def test_accepts_and_refuses_what_twilios_validator_does(
    form: list[tuple[str, str]],
    origin: str,
    path: str,
    signed_path: str,
    changed: list[tuple[str, str]],
) -> None:
    body = body_of(form)
    for signed_form in (form, changed, list(reversed(form))):
        for address in (
            origin + path,
            origin + signed_path,
            origin.replace("https", "http") + path,
            origin.replace(".com", ".com:443") + path,
        ):
            signature = _peer.compute_signature(address, QueryDict(body_of(signed_form)))
            expected = _peer.validate(origin + path, QueryDict(body), signature)
            with override_settings(PUBLIC_URL=origin, TWILIO_AUTH_TOKEN=TOKEN):
                assert verify(path, body, signature) is expected
            if address == origin + path and signed_form is form:
                assert expected or path.endswith("?") or not origin.islower()


@given(signature=st.text(max_size=40), form=_forms)
def test_no_signature_of_another_makes_an_exception(
    signature: str, form: list[tuple[str, str]]
) -> None:
    with override_settings(PUBLIC_URL=PUBLIC_URL, TWILIO_AUTH_TOKEN=TOKEN):
        assert verify(PATH, body_of(form), signature) is False


@given(body=st.binary(max_size=60))
def test_any_body_is_accepted_or_refused_without_an_exception(body: bytes) -> None:
    with override_settings(PUBLIC_URL=PUBLIC_URL, TWILIO_AUTH_TOKEN=TOKEN):
        try:
            signature = _peer.compute_signature(PUBLIC_URL + PATH, QueryDict(body))
        except ValueError:
            signature = "x"
        if body.isascii():
            assert verify(PATH, body, signature)
        else:
            assert not verify(PATH, body, signature)


def test_case_52_bad_signatures_are_refused() -> None:
    body = b"Body=Hello&MessageSid=SM1"
    good = _peer.compute_signature(PUBLIC_URL + PATH, {"Body": "Hello", "MessageSid": "SM1"})
    flipped = base64.b64encode(bytes([base64.b64decode(good)[0] ^ 1]) + base64.b64decode(good)[1:])
    assert verify(PATH, body, good)
    for bad in (None, "", flipped.decode(), good[:-1], good + "=", "é" * 28):
        assert verify(PATH, body, bad) is False
    assert verify(PATH, body + b"&Added=1", good) is False
    assert verify(PATH + "/", body, good) is False


def test_case_52_behind_a_tls_proxy_the_public_address_counts(settings: Any) -> None:
    """The proxy speaks http to us, Twilio signed https."""
    signature = _peer.compute_signature(f"{PUBLIC_URL}{PATH}", {"Body": "Hi"})
    settings.PUBLIC_URL = PUBLIC_URL
    assert verify(PATH, b"Body=Hi", signature)
    settings.PUBLIC_URL = "http://10.0.0.5:8000"
    assert not verify(PATH, b"Body=Hi", signature)


def test_white_space_counts_as_it_was_sent() -> None:
    body = b"Body=+Hello%0A+&ProfileName="
    signature = _peer.compute_signature(PUBLIC_URL + PATH, {"Body": " Hello\n ", "ProfileName": ""})
    assert verify(PATH, body, signature)
    assert not verify(PATH, b"Body=Hello&ProfileName=", signature)


def test_without_a_token_nothing_is_accepted(settings: Any) -> None:
    settings.TWILIO_AUTH_TOKEN = ""
    signature = RequestValidator("").compute_signature(PUBLIC_URL + PATH, {"Body": "Hi"})
    assert not verify(PATH, b"Body=Hi", signature)


def test_too_many_parameters_are_refused() -> None:
    body = "&".join(f"p{number}=x" for number in range(1001)).encode()
    signature = _peer.compute_signature(PUBLIC_URL + PATH, QueryDict(quote_plus("p")))
    assert not verify(PATH, body, signature)


@pytest.mark.parametrize("port", ["", ":443"])
def test_the_default_port_may_be_signed_or_left_out(port: str) -> None:
    address = f"https://desk.example.com{port}{PATH}"
    assert verify(PATH, b"Body=Hi", _peer.compute_signature(address, {"Body": "Hi"}))
