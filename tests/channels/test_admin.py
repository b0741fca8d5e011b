"""Deliveries, inbound events and channel settings in the console."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels.delivery import deliver
from channels.models import ChannelConfig, Delivery, InboundEvent, Suppression
from crm.models import Message, User
from tickets.models import Ticket
from tickets.services import reply_to_ticket

Ask = Callable[..., Ticket]
LIST = "/admin/channels/delivery/"


def fail(ticket: Ticket, staff: User, *, problem: str = "550 no such user") -> Delivery:
    message = reply_to_ticket(ticket=ticket, staff=staff, text="Hello", now=timezone.now())
    Message.objects.filter(pk=message.pk).update(state=Message.State.FAILED)
    Delivery.objects.filter(message=message).update(
        state=Delivery.State.FAILED, attempts=8, problem=problem
    )
    return Delivery.objects.get(message=message)


def test_list_opens_with_what_was_not_delivered(client: Client, bob: User, ask: Ask) -> None:
    reply_to_ticket(ticket=ask(), staff=bob, text="Fine", now=timezone.now())
    fail(ask(name="Zed", email="zed@example.com"), bob)
    client.force_login(bob)
    shown = client.get(LIST).content.decode()
    assert "550 no such user" in shown
    assert "Alice Ahmed" not in shown
    assert "Alice Ahmed" in client.get(f"{LIST}?show=all").content.decode()


def test_failure_stands_under_the_message_on_the_tickets_page(
    client: Client, bob: User, ask: Ask
) -> None:
    ticket = ask()
    delivery = fail(ticket, bob)
    client.force_login(bob)
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert "550 no such user" in shown
    assert f"/admin/channels/delivery/{delivery.pk}/change/" in shown


def test_retry_and_cancel(client: Client, bob: User, carol: User, ask: Ask) -> None:
    delivery = fail(ask(), bob)
    retry = f"{LIST}{delivery.pk}/retry/"
    cancel = f"{LIST}{delivery.pk}/cancellation/"
    client.force_login(bob)
    assert client.get(f"{LIST}{delivery.pk}/change/").status_code == 200
    assert client.post(retry).status_code == 403
    client.force_login(carol)
    assert client.get(retry).status_code == 405
    client.post(retry)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (Delivery.State.QUEUED, 0)
    response = client.post(retry, follow=True)
    assert b"did not fail" in response.content
    client.post(cancel)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.CANCELLED
    assert client.post(f"{LIST}999999/retry/").status_code == 404


def test_several_are_retried_at_once(client: Client, bob: User, carol: User, ask: Ask) -> None:
    chosen = [fail(ask(), bob).pk for _number in range(3)]
    client.force_login(carol)
    client.post(LIST, {"action": "retry", "_selected_action": chosen})
    assert Delivery.objects.filter(pk__in=chosen, state=Delivery.State.QUEUED).count() == 3
    client.post(f"{LIST}?show=all", {"action": "cancel", "_selected_action": chosen})
    assert Delivery.objects.filter(pk__in=chosen, state=Delivery.State.CANCELLED).count() == 3


def test_list_takes_the_same_queries_for_any_length(
    client: Client, bob: User, ask: Ask, django_assert_num_queries: Any
) -> None:
    for number in range(10):
        fail(ask(email=f"c{number}@example.com"), bob)
    client.force_login(bob)
    with django_assert_num_queries(5):
        client.get(LIST)


@pytest.mark.parametrize(("role", "status", "payload"), [("bob", 200, False), ("carol", 200, True)])
def test_payload_is_for_supervisors(
    role: str,
    status: int,
    payload: bool,
    client: Client,
    ask: Ask,
    request: pytest.FixtureRequest,
) -> None:
    ask()
    event = InboundEvent.objects.get()
    InboundEvent.objects.update(payload={"secret": "<b>words</b>"})
    client.force_login(request.getfixturevalue(role))
    response = client.get(f"/admin/channels/inboundevent/{event.pk}/change/")
    assert response.status_code == status
    assert (b"&lt;b&gt;words" in response.content) is payload
    assert b"<b>words" not in response.content
    assert client.get("/admin/channels/inboundevent/").status_code == status


def test_a_supervisor_lifts_what_suppresses_an_address(
    client: Client, bob: User, carol: User, ask: Ask
) -> None:
    suppression = Suppression.objects.create(
        channel="web",
        address="alice@example.com",
        reason="It came back.",
        created_at=timezone.now(),
    )
    message = reply_to_ticket(ticket=ask(), staff=bob, text="Hello", now=timezone.now())
    held = Delivery.objects.get(message=message)
    deliver(held.pk)
    url = f"/admin/channels/suppression/{suppression.pk}/delete/"
    client.force_login(bob)
    assert client.post(url, {"post": "yes"}).status_code == 403
    client.force_login(carol)
    assert "alice@example.com" in client.get("/admin/channels/suppression/").content.decode()
    assert client.post(url, {"post": "yes"}).status_code == 302
    held.refresh_from_db()
    assert held.state == Delivery.State.QUEUED
    assert not Suppression.objects.exists()


def test_channel_settings_are_the_administrators(client: Client, carol: User, dora: User) -> None:
    web, _created = ChannelConfig.objects.get_or_create(channel="web")
    url = f"/admin/channels/channelconfig/{web.pk}/change/"
    data = {"channel": "email", "greeting": "Hi", "signature": "", "enabled": "on"}
    client.force_login(carol)
    assert client.get(url).status_code == 200
    assert client.post(url, data).status_code == 403
    client.force_login(dora)
    assert client.post(url, data).status_code == 302
    web.refresh_from_db()
    assert (web.channel, web.greeting) == ("web", "Hi")


@pytest.mark.parametrize(
    ("channel", "unused"),
    [(each, ["length_limit", "template_id"]) for each in ("web", "email")] + [("whatsapp", [])],
)
def test_a_channel_shows_the_settings_that_it_uses(
    client: Client, dora: User, channel: str, unused: list[str]
) -> None:
    config = ChannelConfig.objects.get(channel=channel)
    client.force_login(dora)
    html = client.get(f"/admin/channels/channelconfig/{config.pk}/change/").content.decode()
    for name in ("greeting", "signature", "daily_cap", "length_limit", "template_id"):
        assert (f'name="{name}"' in html) == (name not in unused), name


def test_a_channel_that_is_switched_on_again_sends_what_it_held_back(
    client: Client, bob: User, dora: User, ask: Ask
) -> None:
    web, _created = ChannelConfig.objects.get_or_create(channel="web")
    ChannelConfig.objects.filter(pk=web.pk).update(enabled=False)
    message = reply_to_ticket(ticket=ask(), staff=bob, text="Hello", now=timezone.now())
    held = Delivery.objects.get(message=message)
    deliver(held.pk)
    client.force_login(dora)
    assert "switched off" in client.get(LIST).content.decode()
    assert b'action="/admin/channels/delivery/' in client.get(f"{LIST}{held.pk}/change/").content
    url = f"/admin/channels/channelconfig/{web.pk}/change/"
    client.post(url, {"greeting": "Hi", "signature": ""})
    held.refresh_from_db()
    assert held.state == Delivery.State.HELD
    response = client.post(url, {"greeting": "Hi", "signature": "", "enabled": "on"}, follow=True)
    assert "1 message that was held back is sent now" in response.content.decode()
    deliver(held.pk)
    held.refresh_from_db()
    assert held.state == Delivery.State.SENT
