import pytest
from django.test import Client
from django.urls import reverse

from crm.admin import pages
from crm.models import Customer, User


@pytest.mark.django_db
def test_lists_count_and_offer_pages_up_to_a_cap(
    client: Client, dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "COUNTED_AT_MOST", 150)
    Customer.objects.bulk_create(Customer(name=f"Customer {n}") for n in range(260))
    client.force_login(dora)
    listed = reverse("admin:crm_customer_changelist")
    changelist = client.get(listed).context["cl"]
    assert (changelist.result_count, changelist.paginator.num_pages) == (150, 2)
    found = client.get(listed, {"q": "Customer 259"}).context["cl"]
    assert [customer.name for customer in found.result_list] == ["Customer 259"]
    assert found.result_count == 1
