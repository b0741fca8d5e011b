import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.whatsapp.forms import parse_form
from channels.whatsapp.inbound import parse_inbound, parse_status, read_envelope
from channels.whatsapp.types import Identity, Kind, MalformedWebhook, MediaRef
from crm.models import CustomerIdentifier
from tests.channels.whatsapp.cast import ALICE, SENDER, USER_ID

_BASE = {"MessageSid": "SM1", "From": ALICE, "To": SENDER, "WaId": "4915112345678"}
_known = (
    "Body NumMedia MediaUrl0 MediaUrl9 MediaContentType0 Latitude Longitude ButtonText WaId "
    "MessageType ReactionEmoji ExternalUserId From MessageSid ErrorCode AddedTomorrow"
)
_names = st.sampled_from(_known.split()) | st.text(max_size=8)


def parsed(**parameters: str) -> Any:
    return parse_inbound({**_BASE, **parameters}.items())


def test_a_text_message_is_read() -> None:
    message = parsed(Body=" Hello\0 ", ProfileName="Alice", OriginalRepliedMessageSid="SM0")
    assert (message.kind, message.text) == (Kind.TEXT, "Hello")
    assert message.from_identity == Identity(CustomerIdentifier.Kind.PHONE, "+4915112345678", ALICE)
    assert message.further_identities == ()
    assert (message.to, message.profile_name, message.replied_to_sid) == (SENDER, "Alice", "SM0")
    assert message.external_id == "whatsapp:SM1"
    assert dict(message.parameters)["Body"] == " Hello "


def test_case_37_the_same_message_twice_has_one_external_id() -> None:
    again = parsed(Body="Hi", NewParameter="added by a retry")
    assert parsed(Body="Hi").external_id == again.external_id


def test_case_47_a_message_without_a_number_names_its_user_id() -> None:
    message = parse_inbound(
        [("MessageSid", "SM1"), ("From", f"whatsapp:{USER_ID}"), ("WaId", ""), ("Body", "Hi")]
    )
    assert message.from_identity.kind == CustomerIdentifier.Kind.WHATSAPP
    assert message.from_identity.address == f"whatsapp:{USER_ID}"
    alone = parse_inbound(
        [("MessageSid", "SM1"), ("From", ""), ("ExternalUserId", USER_ID), ("Body", "Hi")]
    )
    assert alone.from_identity == message.from_identity


def test_case_47_a_number_with_its_user_id_names_both() -> None:
    message = parsed(Body="Hi", ExternalUserId=USER_ID)
    assert message.from_identity.value == "+4915112345678"
    assert [each.value for each in message.further_identities] == [USER_ID]


def test_case_48_the_identity_keeps_the_address_that_wrote() -> None:
    message = parsed(From="whatsapp:+551187654321", WaId="551187654321", Body="Oi")
    assert message.from_identity.value == "+5511987654321"
    assert message.from_identity.address == "whatsapp:+551187654321"


@pytest.mark.parametrize(
    ("parameters", "kind", "text"),
    [
        ({"MessageType": "reaction", "ReactionEmoji": "👍"}, Kind.REACTION, "[Reaction 👍]"),
        ({"MessageType": "reaction", "Body": "👍"}, Kind.REACTION, "[Reaction 👍]"),
        ({"MessageType": "reaction"}, Kind.REACTION, "[Reaction removed]"),
        ({"ButtonText": "Yes", "ButtonPayload": "y"}, Kind.BUTTON, "Yes"),
        ({"ListId": "plan-2"}, Kind.BUTTON, "plan-2"),
        (
            {"Latitude": "52.5", "Longitude": "13.4", "Label": "Office"},
            Kind.LOCATION,
            "[Location: Office, 52.5, 13.4]",
        ),
        ({"MessageType": "view_once"}, Kind.VIEW_ONCE, None),
        ({"MessageType": "hologram"}, Kind.UNKNOWN, None),
        ({}, Kind.UNKNOWN, None),
        ({"Body": " \n"}, Kind.UNKNOWN, None),
        (
            {"NumMedia": "1", "MediaUrl0": "https://a/1", "MediaContentType0": "audio/ogg; x"},
            Kind.MEDIA,
            "[Voice message]",
        ),
        (
            {"NumMedia": "1", "MediaUrl0": "https://a/1", "MediaContentType0": "text/vcard"},
            Kind.CONTACT,
            "[Contact]",
        ),
    ],
)
def test_case_51_what_has_no_words_becomes_a_placeholder(
    parameters: dict[str, str], kind: Kind, text: str | None
) -> None:
    message = parsed(**parameters)
    assert message.kind is kind
    assert message.text == text or (text is None and message.text.startswith("["))


def test_media_are_read_in_order_whatever_the_count_says() -> None:
    message = parsed(
        Body="Look",
        NumMedia="many",
        MediaUrl10="https://a/10",
        MediaUrl2="https://a/2",
        MediaContentType2="IMAGE/PNG",
    )
    assert message.media == (MediaRef("https://a/2", "image/png"), MediaRef("https://a/10", ""))
    assert message.text == "Look"


@given(st.lists(st.tuples(_names, st.text(max_size=30)), max_size=12))
def test_case_51_no_webhook_breaks_the_channel(parameters: list[tuple[str, str]]) -> None:
    message = parse_inbound([*_BASE.items(), *parameters])
    assert message.text
    assert message.external_id == "whatsapp:SM1"
    assert "\\u0000" not in json.dumps(message.parameters)
    try:
        message = parse_inbound(parameters)
    except MalformedWebhook:
        with pytest.raises(MalformedWebhook):
            read_envelope(parameters)
    else:
        envelope = (message.external_id, message.from_identity)
        assert read_envelope(parameters) == envelope, "what names the event is the message's"


def test_a_status_callback_is_read_with_our_token() -> None:
    update = parse_status(
        parse_form(b"MessageSid=SM1&MessageStatus=Undelivered&ErrorCode=63016&ErrorMessage=late"),
        {"delivery": "d-7"},
    )
    assert (update.message_sid, update.status, update.delivery_token) == (
        "SM1",
        "undelivered",
        "d-7",
    )
    assert (update.error_code, update.error_message) == (63016, "late")
    assert parse_status([("SmsSid", "SM1"), ("SmsStatus", "read")], {}).error_code is None
    with pytest.raises(MalformedWebhook):
        parse_status([("MessageSid", "SM1")], {})
