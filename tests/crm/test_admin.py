"""Customers, conversations, files, alerts and staff in the console."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from crm.alerts import raise_alert
from crm.merging import merge_customers
from crm.models import (
    Attachment,
    ConfirmationCode,
    Customer,
    CustomerIdentifier,
    CustomerMerge,
    MergeSuggestion,
    StaffAlert,
    User,
)
from crm.roles import Role, get_role, give_role
from crm.suggestions import suggest_merges
from crm.types import IncomingFile
from tests.crm.conftest import Writes
from tickets.models import Ticket

Ask = Callable[..., Ticket]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
HTML = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def files(ask: Ask) -> dict[str, Attachment]:
    ask(
        files=(
            IncomingFile("photo.png", "image/png", PNG),
            IncomingFile("false.png", "image/png", HTML),
        )
    )
    return {attachment.name: attachment for attachment in Attachment.objects.all()}


# --- Roles ----------------------------------------------------------------------------------
def test_each_role_holds_the_one_below(db: None) -> None:
    held = {
        role: set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))
        for role in Role.values
    }
    assert held["agent"] < held["supervisor"] < held["administrator"]
    assert "change_ticket" in held["agent"]
    assert not {"change_guardrailrule", "change_draft", "change_user"} & held["agent"]
    assert {"change_guardrailrule", "change_draft", "change_article"} <= held["supervisor"]
    assert not {"change_user", "change_channelconfig"} & held["supervisor"]
    assert {"change_user", "change_channelconfig"} <= held["administrator"]


def test_roles_are_set_anew_by_a_migration(db: None) -> None:
    agent = Group.objects.get(name="agent")
    before = agent.permissions.count()
    agent.permissions.clear()
    agent.permissions.add(
        Group.objects.get(name="administrator").permissions.get(codename="change_user")
    )
    call_command("migrate", verbosity=0)
    assert agent.permissions.count() == before
    assert not agent.permissions.filter(codename="change_user").exists()


def test_a_new_role_replaces_the_old_one(bob: User) -> None:
    give_role(bob, Role.SUPERVISOR)
    assert get_role(User.objects.get(pk=bob.pk)) == "supervisor"


def test_demo_staff_is_made_once_and_printed(client: Client, db: None) -> None:
    with pytest.raises(CommandError):
        call_command("create_demo_staff")
    call_command("create_demo_staff", "--password", "first-one-12", stdout=StringIO())
    output = StringIO()
    call_command("create_demo_staff", "--password", "second-one-12", stdout=output)
    assert "demo  second-one-12" in output.getvalue()
    assert {get_role(user) for user in User.objects.all()} == set(Role.values)
    assert not client.login(username="demo", password="first-one-12")
    assert client.login(username="demo", password="second-one-12")
    assert client.get("/admin/").status_code == 200


# --- Staff ----------------------------------------------------------------------------------
@pytest.mark.parametrize(("role", "status"), [("bob", 403), ("carol", 200), ("dora", 200)])
def test_staff_list_by_role(
    role: str, status: int, client: Client, db: None, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(role))
    assert client.get("/admin/crm/user/").status_code == status


def test_administrator_gives_and_takes_roles(client: Client, dora: User, bob: User) -> None:
    client.force_login(dora)
    url = f"/admin/crm/user/{bob.pk}/change/"
    data = {"username": "bob", "first_name": "Bob", "is_active": "on", "role": "supervisor"}
    assert client.post(url, data).status_code == 302
    assert get_role(User.objects.get(pk=bob.pk)) == "supervisor"
    assert client.post(url, {**data, "role": ""}).status_code == 302
    bob.refresh_from_db()
    assert (bob.is_staff, bob.groups.count()) == (False, 0)


def test_administrator_adds_staff(client: Client, dora: User) -> None:
    client.force_login(dora)
    data = {
        "username": "erin", "usable_password": "true", "password1": "quite-a-long-one-7",
        "password2": "quite-a-long-one-7", "role": "agent",
    }  # fmt: skip
    response = client.post("/admin/crm/user/add/", data)
    assert response.status_code == 302
    erin = User.objects.get(username="erin")
    assert (erin.is_staff, get_role(erin), erin.is_superuser) == (True, "agent", False)


def test_administrator_cannot_take_over_a_superuser(client: Client, dora: User) -> None:
    root = User.objects.create_superuser("root", password="a-long-password-1")
    client.force_login(dora)
    page = client.get(f"/admin/crm/user/{root.pk}/change/")
    assert b'name="username"' not in page.content
    assert client.post(f"/admin/crm/user/{root.pk}/change/", {}).status_code == 403
    assert client.get(f"/admin/crm/user/{root.pk}/password/").status_code == 403


# --- Customers and conversations --------------------------------------------------------------
def test_customer_page_shows_identifiers_and_conversations(
    client: Client, bob: User, carol: User, ask: Ask
) -> None:
    ask(subject="Export of boards", phone="+49 30 901820")
    customer = Customer.objects.get()
    url = f"/admin/crm/customer/{customer.pk}/change/"
    client.force_login(bob)
    shown = client.get(url).content.decode()
    for words in ("alice@example.com", "+4930901820", "Export of boards", "typed by somebody"):
        assert words in shown
    assert client.post(url, {"name": "Mallory"}).status_code == 403
    client.force_login(carol)
    assert b'name="notes"' in client.get(url).content


@pytest.mark.parametrize(
    ("path", "count"),
    [("/admin/crm/customer/", 6), ("/admin/crm/conversation/", 5)],  # one for the languages
)
def test_lists_take_the_same_queries_for_any_length(
    path: str,
    count: int,
    client: Client,
    bob: User,
    ask: Ask,
    django_assert_num_queries: Any,
) -> None:
    for number in range(15):
        ask(email=f"c{number}@example.com")
    client.force_login(bob)
    with django_assert_num_queries(count):
        client.get(path)


def test_customer_is_found_by_an_address(client: Client, bob: User, ask: Ask) -> None:
    ask()
    ask(name="Zed", email="zed@example.com")
    client.force_login(bob)
    shown = client.get("/admin/crm/customer/", {"q": "ALICE@example"}).content.decode()
    assert "Alice Ahmed" in shown
    assert "Zed" not in shown


def test_conversation_reads_as_a_timeline_and_takes_no_edit(
    client: Client, dora: User, ask: Ask
) -> None:
    ticket = ask("How do I invite <b>colleagues</b>?")
    client.force_login(dora)
    url = f"/admin/crm/conversation/{ticket.conversation_id}/change/"
    shown = client.get(url).content.decode()
    assert "How do I invite &lt;b&gt;colleagues&lt;/b&gt;?" in shown
    assert "<textarea" not in shown
    assert client.get("/admin/crm/conversation/none/change/").status_code == 404
    listed = client.get("/admin/crm/conversation/", {"q": "colleagues"}).content.decode()
    assert "A question" in listed


# --- Files ------------------------------------------------------------------------------------
def test_file_is_a_download_whatever_it_claims(
    client: Client, bob: User, files: dict[str, Attachment]
) -> None:
    client.force_login(bob)
    response = client.get(f"/admin/crm/attachment/{files['false.png'].pk}/")
    assert response.content == HTML
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="false.png"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_only_true_images_are_shown(
    client: Client, bob: User, files: dict[str, Attachment]
) -> None:
    client.force_login(bob)
    shown = client.get(f"/admin/crm/attachment/{files['photo.png'].pk}/image/")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    hidden = client.get(f"/admin/crm/attachment/{files['false.png'].pk}/image/")
    assert hidden.status_code == 404
    page = client.get(f"/admin/tickets/ticket/{Ticket.objects.get().pk}/change/")
    assert page.content.count(b"/image/") == 1


def test_files_are_for_staff_with_a_role(client: Client, files: dict[str, Attachment]) -> None:
    url = f"/admin/crm/attachment/{files['photo.png'].pk}/"
    assert client.get(url).status_code == 302
    client.force_login(User.objects.create_user("eve", is_staff=True))
    assert client.get(url).status_code == 403
    assert client.get(f"{url}image/").status_code == 403


# --- Alerts -----------------------------------------------------------------------------------
def test_alert_is_cleared_by_a_supervisor_only(client: Client, bob: User, carol: User) -> None:
    raise_alert("gmail:token", title="Mailbox away", detail="Sign in again.", now=timezone.now())
    alert = StaffAlert.objects.get()
    url = f"/admin/crm/staffalert/{alert.pk}/clearance/"
    client.force_login(bob)
    assert b"Mailbox away" in client.get("/admin/crm/staffalert/").content
    assert client.post(url).status_code == 403
    client.force_login(carol)
    assert client.get(url).status_code == 405
    response = client.post(url, {"next": "https://evil.example/"})
    assert response["Location"] == "/admin/crm/staffalert/"
    alert.refresh_from_db()
    assert alert.cleared_at is not None
    assert b"Mailbox away" not in client.get("/admin/crm/staffalert/").content
    assert b"Mailbox away" in client.get("/admin/crm/staffalert/?state=cleared").content


def test_identifiers_cannot_be_edited_by_hand(client: Client, carol: User, ask: Ask) -> None:
    ask()
    customer, identifier = Customer.objects.get(), CustomerIdentifier.objects.get()
    client.force_login(carol)
    data = {
        "name": "Alice A.", "company": "", "language": "", "notes": "",
        "identifiers-TOTAL_FORMS": 1, "identifiers-INITIAL_FORMS": 1,
        "identifiers-0-id": identifier.pk, "identifiers-0-customer": customer.pk,
        "identifiers-0-trust": 3, "conversations-TOTAL_FORMS": 0,
        "conversations-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert client.post(f"/admin/crm/customer/{customer.pk}/change/", data).status_code == 302
    identifier.refresh_from_db()
    customer.refresh_from_db()
    assert (customer.name, identifier.trust) == ("Alice A.", 0)


# --- One customer -----------------------------------------------------------------------------
@pytest.fixture
def pair(writes: Writes) -> tuple[Customer, Customer]:
    """Alice by mail, and somebody who may be Alice by WhatsApp."""
    mailed = writes("alice@example.com", "Export of boards", name="Alice")
    phoned = writes("+4930901820", "Invoices", name="Al")
    return mailed.conversation.customer, phoned.conversation.customer


def merge_url(customer: Customer) -> str:
    return f"/admin/crm/customer/{customer.pk}/merge/"


def test_supervisor_finds_previews_merges_and_undoes(
    client: Client, carol: User, pair: tuple[Customer, Customer]
) -> None:
    alice, phone = pair
    Customer.objects.filter(pk=phone.pk).update(company="Ahmed Ltd")
    client.force_login(carol)
    page = f"/admin/crm/customer/{alice.pk}/change/"
    assert merge_url(alice) in client.get(page).content.decode()
    found = client.get(merge_url(alice), {"q": "+4930"}).content.decode()
    assert f"?with={phone.pk}" in found
    preview = client.get(merge_url(alice), {"with": phone.pk}).content.decode()
    for words in ("+4930901820", "Invoices", "Ahmed Ltd", "sender authenticated"):
        assert words in preview
    assert f"/admin/crm/customer/{phone.pk}/confirmation/" in preview
    assert "Send a code to alice@example.com" in preview
    assert CustomerMerge.objects.count() == 0
    data = {"with": phone.pk, "reason": "They called"}
    shown = client.post(merge_url(alice), data, follow=True).content.decode()
    merge = CustomerMerge.objects.get()
    assert (merge.by, merge.reason) == (carol, "They called")
    assert "They called" in shown
    assert "merged into" in client.get(f"/admin/crm/customer/{phone.pk}/change/").content.decode()
    listed = client.get("/admin/crm/customer/", {"q": "Al"}).content.decode()
    assert f"/customer/{alice.pk}/change/" in listed
    assert f"/customer/{phone.pk}/change/" not in listed
    undo = f"/admin/crm/customermerge/{merge.pk}/undoing/"
    assert undo in client.get("/admin/crm/customermerge/").content.decode()
    assert client.get(undo).status_code == 405
    client.post(undo)
    merge.refresh_from_db()
    assert merge.undone_by == carol
    assert phone.conversations.count() == 1
    assert "undone already" in client.post(undo, follow=True).content.decode()


def test_support_agents_see_merges_and_cannot_merge(
    client: Client, bob: User, carol: User, pair: tuple[Customer, Customer]
) -> None:
    alice, phone = pair
    merge = merge_customers(survivor=alice, merged=phone, by=carol, now=timezone.now())
    client.force_login(bob)
    shown = client.get(f"/admin/crm/customer/{alice.pk}/change/").content.decode()
    assert "Carol" in shown
    assert "undoing" not in shown
    assert "undoing" not in client.get("/admin/crm/customermerge/").content.decode()
    for url in (merge_url(alice), f"/admin/crm/customermerge/{merge.pk}/undoing/"):
        assert client.post(url, {"with": phone.pk}).status_code == 403
    assert client.get(merge_url(alice)).status_code == 403


@pytest.mark.parametrize(("choice", "merges"), [("accept", 1), ("reject", 0)])
def test_suggestions_are_decided_in_their_list(
    choice: str,
    merges: int,
    client: Client,
    bob: User,
    carol: User,
    pair: tuple[Customer, Customer],
    writes: Writes,
) -> None:
    suggest_merges(writes("+4930901820", "alice@example.com").pk, now=timezone.now())
    suggestion = MergeSuggestion.objects.get()
    url = f"/admin/crm/mergesuggestion/{suggestion.pk}/decision/?decision={choice}"
    client.force_login(bob)
    listed = client.get("/admin/crm/mergesuggestion/").content.decode()
    assert "named alice@example.com in a message" in listed
    assert "decision=accept" not in listed
    assert client.post(url).status_code == 403
    client.force_login(carol)
    assert url in client.get("/admin/crm/mergesuggestion/").content.decode()
    assert (
        "May be the same person"
        in client.get(f"/admin/crm/customer/{pair[0].pk}/change/").content.decode()
    )
    client.post(url)
    suggestion.refresh_from_db()
    assert suggestion.decided_by == carol
    assert CustomerMerge.objects.count() == merges
    assert "decided this already" in client.post(url, follow=True).content.decode()
    assert url not in client.get("/admin/crm/mergesuggestion/?state=all").content.decode()


def test_any_staff_may_have_a_code_sent(
    client: Client, bob: User, pair: tuple[Customer, Customer]
) -> None:
    alice, phone = pair
    client.force_login(bob)
    identifier = alice.identifiers.get()
    assert (
        "Send a code to alice@example.com"
        in client.get(f"/admin/crm/customer/{alice.pk}/change/").content.decode()
    )
    url = f"/admin/crm/customer/{alice.pk}/confirmation/"
    assert client.get(url).status_code == 405
    shown = client.post(url, {"identifier": identifier.pk}, follow=True).content.decode()
    assert "on its way to alice@example.com" in shown
    claim = f"/admin/crm/customer/{phone.pk}/confirmation/"
    client.post(claim, {"identifier": identifier.pk})
    newest, first = ConfirmationCode.objects.all()
    assert (first.purpose, first.conversation) == ("confirm", alice.conversations.get())
    assert (newest.purpose, newest.conversation) == ("join", phone.conversations.get())
    assert client.post(url, {"identifier": "none"}).status_code == 404
    client.post(url, {"identifier": identifier.pk})
    refused = client.post(url, {"identifier": identifier.pk}, follow=True).content.decode()
    assert "several codes already" in refused


def test_merges_and_suggestions_take_the_same_queries_for_any_length(
    client: Client, carol: User, writes: Writes, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        one = writes(f"a{number}@example.com").conversation.customer
        message = writes(f"b{number}@example.com", f"a{number}@example.com")
        suggest_merges(message.pk, now=timezone.now())
        other = writes(f"c{number}@example.com").conversation.customer
        merge_customers(survivor=one, merged=other, by=carol, now=timezone.now())
    client.force_login(carol)
    for path in ("/admin/crm/mergesuggestion/", "/admin/crm/customermerge/"):
        client.get(path)
        with django_assert_max_num_queries(7):
            client.get(path)


def test_customers_of_one_name_are_told_apart_by_their_address(
    client: Client, carol: User, ask: Ask
) -> None:
    ask("One", email="mia@example.com", name="Mia Novak")
    ask("Two", email="mia.novak@example.org", name="Mia Novak")
    client.force_login(carol)
    shown = client.get("/admin/crm/customer/").content.decode()
    assert "mia@example.com" in shown
    assert "mia.novak@example.org" in shown
