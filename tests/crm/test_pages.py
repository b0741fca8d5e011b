import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.admin import pages
from crm.models import Conversation, Customer, User


@pytest.mark.django_db
def test_lists_count_and_offer_pages_up_to_a_cap(
    client: Client, dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "COUNTED_AT_MOST", 150)
    Customer.objects.bulk_create(Customer(name=f"Customer {n}") for n in range(260))
    client.force_login(dora)
    listed = reverse("admin:crm_customer_changelist")
    changelist = client.get(listed).context["cl"]
    assert (changelist.result_count, changelist.paginator.num_pages) == (150, 3)
    found = client.get(listed, {"q": "Customer 259"}).context["cl"]
    assert [customer.name for customer in found.result_list] == ["Customer 259"]
    assert found.result_count == 1


@pytest.mark.django_db
def test_the_rows_before_a_page_are_neither_joined_nor_read_whole(
    client: Client, dora: User
) -> None:
    customers = Customer.objects.bulk_create(Customer(name=f"Customer {n}") for n in range(120))
    Conversation.objects.bulk_create(
        Conversation(customer=customer, channel="web", subject=customer.name)
        for customer in customers
    )
    client.force_login(dora)
    with CaptureQueriesContext(connection) as captured:
        listed = client.get(reverse("admin:crm_conversation_changelist"), {"p": 2}).context["cl"]
    names = [conversation.customer.name for conversation in listed.result_list]
    assert names == [f"Customer {n}" for n in range(69, 19, -1)]
    [skipping] = [query["sql"] for query in captured if "OFFSET 50" in query["sql"]]
    assert skipping.startswith('SELECT "crm_conversation"."id" AS "pk" FROM "crm_conversation" ')
    assert "JOIN" not in skipping
