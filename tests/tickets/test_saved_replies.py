"""Answers that staff keep to use again."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from crm.models import User
from tickets.models import SavedReply, Ticket
from tickets.saved_replies import MAX_OFFERED, list_filled_replies


def test_one_stands_beside_the_reply_box_with_its_blanks_filled(
    client: Client, bob: User, ask: Callable[..., Ticket]
) -> None:
    text = "Hello {first_name}, about {ticket}: we are at it. {staff}"
    SavedReply.objects.create(title="At it", text=text)
    ticket = ask()
    client.force_login(bob)
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert f"Hello Alice, about {ticket.reference}: we are at it. Bob" in shown


def test_a_blank_that_stands_for_nothing_is_refused(client: Client, carol: User) -> None:
    with pytest.raises(ValidationError, match=r"\{nmae\} stands for nothing"):
        SavedReply(title="Typo", text="Hello {nmae}").full_clean()
    client.force_login(carol)
    page = client.post("/admin/tickets/savedreply/add/", {"title": "T", "text": "Hi {nmae}"})
    assert "{nmae} stands for nothing" in page.content.decode()
    assert not SavedReply.objects.exists()
    client.post("/admin/tickets/savedreply/add/", {"title": "T", "text": "Hi {name}"})
    assert SavedReply.objects.count() == 1


@pytest.mark.parametrize("blank", ["{{ name }}", "{{name}}", "{ name }", "{first name}"])
def test_a_blank_as_other_desks_write_it_is_refused(db: None, blank: str) -> None:
    with pytest.raises(ValidationError, match=r"stands for nothing. Known are: {name}, "):
        SavedReply(title="Typo", text=f"Hello {blank}").full_clean()


def test_other_braces_are_text(db: None) -> None:
    SavedReply(title="Code", text='Send {"id": 12} or {} to us, {first_name}.').full_clean()


def test_agents_use_them_and_supervisors_write_them(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get("/admin/tickets/savedreply/").status_code == 200
    assert client.get("/admin/tickets/savedreply/add/").status_code == 403


def test_those_in_the_customers_language_come_first_and_are_never_left_out(
    bob: User, ask: Callable[..., Ticket]
) -> None:
    SavedReply.objects.bulk_create(
        SavedReply(title=f"A {number:03}", text="Hello.", language="en")
        for number in range(MAX_OFFERED)
    )
    SavedReply.objects.create(title="Z", text="Guten Tag.", language="de")
    ticket = ask()
    ticket.conversation.customer.language = "de"
    offered = list_filled_replies(ticket, staff=bob)
    assert (offered[0].text, len(offered)) == ("Guten Tag.", MAX_OFFERED)
