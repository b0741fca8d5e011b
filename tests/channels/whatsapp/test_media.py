from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.types import TransportError
from channels.whatsapp.addresses import ForbiddenAddress, is_public, origin_of
from channels.whatsapp.double.server import DoubleServer
from channels.whatsapp.filetypes import detect
from channels.whatsapp.media import MediaUnavailable, fetch_media
from channels.whatsapp.types import MediaRef
from tests.channels.whatsapp.cast import ACCOUNT, ALICE

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def ref(double: DoubleServer, account: Any) -> MediaRef:
    account.TWILIO_API_BASE = double.base
    return sent_file(double, PNG)


def sent_file(double: DoubleServer, content: bytes) -> MediaRef:
    message = double.receive(ALICE, media=[("text/html", content)], silently=True)
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{message.sid}/Media/{message.media[0].sid}"
    return MediaRef(double.base + path, "text/html")


def test_case_49_a_file_is_fetched_with_the_log_in_that_stays_at_home(
    double: DoubleServer, ref: MediaRef
) -> None:
    file = fetch_media(ref)
    assert (file.content, file.content_type) == (PNG, "image/png")  # not what was claimed
    assert file.name.endswith(".png")
    assert double.provider.books.file_fetches == [False]  # the file host saw no token


def test_case_49_without_the_right_log_in_there_is_no_file(ref: MediaRef, settings: Any) -> None:
    settings.TWILIO_AUTH_TOKEN = "wrong"
    with pytest.raises(MediaUnavailable, match="401"):
        fetch_media(ref)


INTERNAL = (
    "10.0.0.7 127.0.0.1 169.254.169.254 192.168.1.1 0.0.0.0 100.64.0.1 224.0.0.1 ::1 fe80::1%eth0 "
    "fd00::1 ::ffff:10.0.0.7 64:ff9b::a00:7 2002:a00:7:: nonsense"
)


@pytest.mark.parametrize("address", INTERNAL.split())
def test_case_49_internal_addresses_are_refused(address: str, settings: Any) -> None:
    settings.TWILIO_API_BASE = "https://api.twilio.com"
    assert not is_public(address)
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"
    with pytest.raises(MediaUnavailable, match="private network"):
        fetch_media(MediaRef(url, ""), resolve=lambda _host, _port: ["8.8.8.8", address])


def test_case_49_a_redirect_into_our_network_is_refused(
    double: DoubleServer, ref: MediaRef
) -> None:
    double.provider.conduct.media_redirect = "http://metadata.example.com/latest"
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if host == "127.0.0.1" else ["169.254.169.254"]

    with pytest.raises(MediaUnavailable, match="private network"):
        fetch_media(ref, resolve=resolve)
    assert asked == ["127.0.0.1", "metadata.example.com"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://files.example.com/a.png", "none of Twilio's"),
        ("https://api.twilio.com.example.com/a", "none of Twilio's"),
        ("https://eviltwilio.com/a", "none of Twilio's"),
        ("file:///etc/passwd", "not a web address"),
        ("ftp://api.twilio.com/a", "not a web address"),
        ("https://user:pw@api.twilio.com/a", "log-in"),
        ("https://api.twilio.com:99999/a", "malformed"),
        ("", "not a web address"),
    ],
)
def test_case_49_only_twilios_hosts_are_asked(url: str, reason: str) -> None:
    def never(_host: str, _port: int) -> list[str]:
        raise AssertionError("resolved")

    with pytest.raises(MediaUnavailable, match=reason):
        fetch_media(MediaRef(url, ""), resolve=never)


@pytest.mark.parametrize("base", ["", "https://api.twilio.com"])
def test_case_49_the_log_in_goes_to_twilios_api_alone_and_encrypted(
    base: str, settings: Any
) -> None:
    settings.TWILIO_API_BASE = base
    assert origin_of("https://api.twilio.com/x").takes_credentials()
    assert origin_of("https://API.dublin.ie1.Twilio.com/x").takes_credentials()
    assert not origin_of("http://api.twilio.com/x").takes_credentials()
    assert not origin_of("https://media.twiliocdn.com/x").takes_credentials()


def test_case_50_a_file_that_is_gone_says_so(double: DoubleServer, ref: MediaRef) -> None:
    with pytest.raises(MediaUnavailable, match="does not have the file") as raised:
        fetch_media(MediaRef(ref.url[:-4] + "0000", ""))
    assert raised.value.permanent


def test_case_50_a_file_above_the_limit_says_so(
    double: DoubleServer, ref: MediaRef, settings: Any
) -> None:
    settings.ATTACHMENT_MAX_BYTES = 64 * 1024
    assert len(fetch_media(sent_file(double, b"x" * 64 * 1024)).content) == 64 * 1024
    with pytest.raises(MediaUnavailable, match="larger than 64"):
        fetch_media(sent_file(double, b"x" * (64 * 1024 + 1)))


def test_a_redirect_without_end_ends(double: DoubleServer, ref: MediaRef) -> None:
    double.provider.conduct.media_redirect = ref.url
    with pytest.raises(MediaUnavailable, match="without end"):
        fetch_media(ref)


@pytest.mark.parametrize("fault", ["unavailable_before", "close_before", "reset_before"])
def test_trouble_on_the_way_may_pass(double: DoubleServer, ref: MediaRef, fault: str) -> None:
    double.provider.faults.script("read", [fault])
    with pytest.raises(TransportError) as raised:
        fetch_media(ref)
    assert not raised.value.permanent
    assert fetch_media(ref).content == PNG


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"OggS\0", "audio/ogg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"BEGIN:VCARD\r\n", "text/vcard"),
        ("Grüße\n".encode(), "text/plain"),
        (b"<html><script>", "application/octet-stream"),
        (b"MZ\x90\0", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_the_first_bytes_say_what_a_file_is(content: bytes, content_type: str) -> None:
    assert detect(content)[0] == content_type


@given(st.text(max_size=60))
def test_any_address_is_refused_or_read_without_an_exception(url: str) -> None:
    try:
        origin = origin_of(url)
    except ForbiddenAddress:
        return
    assert origin.scheme in {"http", "https"}
