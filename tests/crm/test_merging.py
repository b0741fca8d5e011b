"""Merging and taking it back: nothing is lost, in whatever order."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import services
from crm.history import list_past_messages
from crm.identity import remember_identity, resolve_identifier, resolve_identity
from crm.merging import MergeError, get_current, merge_customers, unmerge
from crm.models import (
    Conversation,
    Customer,
    CustomerIdentifier,
    CustomerMerge,
    MergedItem,
    Message,
    User,
)
from crm.types import Contact, Identity
from tests.crm.conftest import Writes

pytestmark = pytest.mark.django_db
Trust = CustomerIdentifier.Trust
ALICE, PHONE = "alice@example.com", "+4930901820"


def snapshot() -> dict[str, Any]:
    """Who owns what, and every field of every customer."""
    return {
        "identifiers": dict(CustomerIdentifier.objects.values_list("pk", "customer")),
        "conversations": dict(Conversation.objects.values_list("pk", "customer")),
        "customers": list(
            Customer.objects.order_by("pk").values_list(
                "pk", "name", "company", "language", "notes", "merged_into"
            )
        ),
    }


def two(writes: Writes) -> tuple[Customer, Customer]:
    return (
        writes(ALICE, name="Alice").conversation.customer,
        writes(PHONE, name="Al").conversation.customer,
    )


def test_a_merge_moves_everything_and_its_undoing_gives_it_back(
    writes: Writes, bob: User, carol: User, now: datetime
) -> None:
    alice, phone = two(writes)
    Customer.objects.filter(pk=phone.pk).update(company="Ahmed Ltd", notes="Prefers mornings")
    before = snapshot()
    merge = merge_customers(survivor=alice, merged=phone, by=bob, now=now, reason="called us")
    alice.refresh_from_db()
    assert alice.identifiers.count() == alice.conversations.count() == 2
    assert (alice.name, alice.company, alice.notes) == ("Alice", "Ahmed Ltd", "Prefers mornings")
    assert merge.filled == {"company": "Ahmed Ltd", "notes": "Prefers mornings"}
    assert (merge.by, merge.reason, merge.items.count()) == (bob, "called us", 2)
    undone = unmerge(merge=merge, by=carol, now=now)
    assert snapshot() == before
    assert (undone.undone_by, undone.undone_at) == (carol, now)


def test_a_field_that_staff_edited_since_stays(writes: Writes, bob: User, now: datetime) -> None:
    alice, phone = two(writes)
    Customer.objects.filter(pk=phone.pk).update(company="Ahmed Ltd")
    merge = merge_customers(survivor=alice, merged=phone, by=bob, now=now)
    Customer.objects.filter(pk=alice.pk).update(company="Ahmed & Sons")
    unmerge(merge=merge, by=bob, now=now)
    alice.refresh_from_db()
    assert alice.company == "Ahmed & Sons"


def test_what_came_after_the_merge_goes_to_the_owner_of_its_address(
    writes: Writes, bob: User, now: datetime
) -> None:
    alice, phone = two(writes)
    merge = merge_customers(survivor=alice, merged=phone, by=bob, now=now)
    by_phone, by_mail = writes(PHONE, "later"), writes(ALICE, "later too")
    assert by_phone.conversation.customer == by_mail.conversation.customer == alice
    unmerge(merge=merge, by=bob, now=now)
    assert {m.text for m in list_past_messages(phone)} == {"Hello", "later"}
    assert {m.text for m in list_past_messages(alice)} == {"Hello", "later too"}


def test_case_48_a_merged_customer_is_answered_where_they_wrote(
    writes: Writes, bob: User, now: datetime
) -> None:
    alice, phone = two(writes)
    merge_customers(survivor=alice, merged=phone, by=bob, now=now)
    for conversation in alice.conversations.all():
        reply = services.queue_staff_reply(conversation=conversation, staff=bob, text="Hi", now=now)
        identifier = reply.conversation.identifier
        assert identifier is not None
        expected = ALICE if conversation.channel == "email" else PHONE
        assert identifier.address == expected


def test_case_9_a_message_to_a_merged_customer_goes_to_the_survivor(
    writes: Writes, bob: User, now: datetime
) -> None:
    alice, phone = two(writes)
    merge_customers(survivor=alice, merged=phone, by=bob, now=now)
    assert writes(PHONE, "again").conversation.customer == alice
    assert not phone.conversations.exists()


def test_case_46_and_47_numbers_in_old_form_and_user_ids_can_be_merged(
    bob: User, now: datetime
) -> None:
    typed = resolve_identifier(Contact(email="joao@example.com", phone="+55 11 8765-4321"))
    assert typed.customer.identifiers.filter(value="+5511987654321").exists()
    mexican = resolve_identifier(Contact(phone="+52 1 55 1234 5678"))
    assert mexican.value == "+525512345678"
    hidden = resolve_identity(
        Identity("whatsapp", "BR.13491208655302741918", "whatsapp:BR.13491208655302741918"),
        name="João",
        trust=Trust.AUTHENTICATED,
    )
    merge_customers(survivor=typed.customer, merged=hidden.customer, by=bob, now=now)
    hidden.refresh_from_db()
    assert hidden.customer == typed.customer


def test_an_address_that_came_beside_another_leaves_a_merge_with_it(
    writes: Writes, bob: User, now: datetime
) -> None:
    alice, phone = two(writes)
    merge = merge_customers(survivor=alice, merged=phone, by=bob, now=now)
    beside = CustomerIdentifier.objects.get(value=PHONE)
    user_id = Identity("whatsapp", "DE.13491208655302741918", "whatsapp:DE.13491208655302741918")
    for _ in range(2):
        noted = remember_identity(beside.customer, user_id, Trust.AUTHENTICATED, beside=beside)
    assert noted is not None
    assert noted.customer == alice
    unmerge(merge=merge, by=bob, now=now)
    noted.refresh_from_db()
    assert noted.customer == phone
    assert list(alice.identifiers.values_list("value", flat=True)) == [ALICE]


def test_merging_twice_in_a_circle_or_with_itself_is_refused(
    writes: Writes, bob: User, now: datetime
) -> None:
    alice, phone = two(writes)
    third = writes("carl@example.com").conversation.customer
    with pytest.raises(MergeError, match="itself"):
        merge_customers(survivor=alice, merged=alice, by=bob, now=now)
    first = merge_customers(survivor=alice, merged=phone, by=bob, now=now)
    with pytest.raises(MergeError, match="merged already"):
        merge_customers(survivor=alice, merged=phone, by=bob, now=now)
    with pytest.raises(MergeError, match="other way round"):
        merge_customers(survivor=phone, merged=alice, by=bob, now=now)
    with pytest.raises(MergeError, match="part of “Alice”: merge that one"):
        merge_customers(survivor=third, merged=phone, by=bob, now=now)
    with pytest.raises(MergeError, match="part of “Alice”: merge with that one"):
        merge_customers(survivor=phone, merged=third, by=bob, now=now)
    merge_customers(survivor=third, merged=alice, by=bob, now=now)
    with pytest.raises(MergeError, match="other way round"):
        merge_customers(survivor=phone, merged=third, by=bob, now=now)
    unmerge(merge=first, by=bob, now=now)
    with pytest.raises(MergeError, match="undone already"):
        unmerge(merge=first, by=bob, now=now)


def test_a_middle_merge_of_a_chain_is_undone_with_all_that_hangs_on_it(
    writes: Writes, bob: User, now: datetime
) -> None:
    one, two_, three, four = (
        writes(f"{name}@example.com").conversation.customer for name in ("a", "b", "c", "d")
    )
    merge_customers(survivor=two_, merged=one, by=bob, now=now)
    middle = merge_customers(survivor=three, merged=two_, by=bob, now=now)
    merge_customers(survivor=four, merged=three, by=bob, now=now)
    later = writes("a@example.com")
    assert later.conversation.customer == four
    unmerge(merge=middle, by=bob, now=now)
    assert set(two_.identifiers.values_list("value", flat=True)) == {
        "a@example.com",
        "b@example.com",
    }
    later.conversation.refresh_from_db()
    assert later.conversation.customer == two_
    assert get_current(one) == two_
    assert get_current(three) == four


def test_what_left_a_chain_is_not_taken_along_by_it_later(
    writes: Writes, bob: User, now: datetime
) -> None:
    one, two_, three = (
        writes(f"{name}@example.com").conversation.customer for name in ("a", "b", "c")
    )
    early = merge_customers(survivor=two_, merged=one, by=bob, now=now)
    late = merge_customers(survivor=three, merged=two_, by=bob, now=now)
    unmerge(merge=early, by=bob, now=now)
    again = merge_customers(survivor=three, merged=one, by=bob, now=now)
    unmerge(merge=late, by=bob, now=now)
    assert list(two_.identifiers.values_list("value", flat=True)) == ["b@example.com"]
    unmerge(merge=again, by=bob, now=now)
    assert list(one.identifiers.values_list("value", flat=True)) == ["a@example.com"]


@pytest.mark.parametrize("first", [0, 1])
def test_a_field_that_was_filled_along_a_chain_is_emptied_along_it(
    first: int, writes: Writes, bob: User, now: datetime
) -> None:
    one, two_, three = (
        writes(f"{name}@example.com").conversation.customer for name in ("a", "b", "c")
    )
    Customer.objects.filter(pk=one.pk).update(company="Ahmed Ltd")
    merges = [
        merge_customers(survivor=two_, merged=one, by=bob, now=now),
        merge_customers(survivor=three, merged=two_, by=bob, now=now),
    ]
    unmerge(merge=merges[first], by=bob, now=now)
    three.refresh_from_db()
    assert three.company == ""
    unmerge(merge=merges[1 - first], by=bob, now=now)
    companies = Customer.objects.order_by("pk").values_list("company", flat=True)
    assert list(companies) == ["Ahmed Ltd", "", ""]


def test_an_address_that_its_owner_claimed_meanwhile_stays_theirs(bob: User, now: datetime) -> None:
    typed = resolve_identifier(Contact(email="mallory@example.com", phone=PHONE))
    other = resolve_identifier(Contact(email="other@example.com"))
    merge = merge_customers(survivor=other.customer, merged=typed.customer, by=bob, now=now)
    claimed = resolve_identity(
        Identity("phone", PHONE, PHONE), name="Alice", trust=Trust.AUTHENTICATED
    )
    again = merge_customers(survivor=other.customer, merged=claimed.customer, by=bob, now=now)
    unmerge(merge=merge, by=bob, now=now)
    claimed.refresh_from_db()
    assert claimed.customer == other.customer
    unmerge(merge=again, by=bob, now=now)
    claimed.refresh_from_db()
    assert claimed.customer == again.merged


# --- Properties -----------------------------------------------------------------------------
CUSTOMERS = 5
_pairs = st.tuples(st.integers(0, CUSTOMERS - 1), st.integers(0, CUSTOMERS - 1))
_texts = st.sampled_from(["", "", "x", "y"])
_operations = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), _pairs),
        st.tuples(st.just("undo"), st.tuples(st.integers(0, 9), st.just(0))),
        st.tuples(st.just("write"), _pairs),
    ),
    max_size=14,
)


def build(fields: list[tuple[str, str]], conversations: list[int]) -> list[Customer]:
    """Five customers of one or two identifiers, with conversations from random ones of them."""
    customers = []
    for number, (name, company) in enumerate(fields):
        customer = Customer.objects.create(name=name, company=company)
        for part in range(1 + number % 2):
            value = f"{number}-{part}-{customer.pk}@example.com"
            CustomerIdentifier.objects.create(
                customer=customer, kind="email", value=value, address=value
            )
        customers.append(customer)
    identifiers = list(CustomerIdentifier.objects.filter(customer__in=customers).order_by("pk"))
    for index in conversations:
        services.start_conversation(
            identifier=identifiers[index % len(identifiers)], channel="email", subject="s"
        )
    return customers


_worlds = {
    "fields": st.lists(st.tuples(_texts, _texts), min_size=CUSTOMERS, max_size=CUSTOMERS),
    "conversations": st.lists(st.integers(0, 20), max_size=6),
    "operations": _operations,
}
_quiet = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class World:
    """What is to hold: everything has a home, and is with whom its home is merged into."""

    def __init__(self, customers: list[Customer], now: datetime) -> None:
        self.customers = customers
        self.now = now
        self.merges: list[CustomerMerge] = []
        self.into: dict[int, int] = {}
        self.home = dict(CustomerIdentifier.objects.values_list("pk", "customer"))
        self.conversation_home = dict(Conversation.objects.values_list("pk", "customer"))

    def run(self, kind: str, numbers: tuple[int, int]) -> None:
        one, other = numbers
        if kind == "merge":
            self.merge(self.customers[one], self.customers[other])
        elif kind == "undo":
            if self.merges:
                self.undo(self.merges[one % len(self.merges)])
        else:
            self.write(one * CUSTOMERS + other)

    def merge(self, survivor: Customer, merged: Customer) -> None:
        possible = (
            survivor != merged and survivor.pk not in self.into and merged.pk not in self.into
        )
        try:
            merge = merge_customers(survivor=survivor, merged=merged, by=None, now=self.now)
        except MergeError:
            assert not possible
        else:
            assert possible
            self.merges.append(merge)
            self.into[merged.pk] = survivor.pk

    def undo(self, merge: CustomerMerge) -> None:
        self.merges.remove(merge)
        unmerge(merge=merge, by=None, now=self.now)
        del self.into[merge.merged_id]

    def write(self, number: int) -> None:
        identifiers = list(CustomerIdentifier.objects.filter(pk__in=self.home).order_by("pk"))
        identifier = identifiers[number % len(identifiers)]
        conversation = services.start_conversation(
            identifier=identifier, channel="email", subject="s"
        )
        self.conversation_home[conversation.pk] = self.home[identifier.pk]

    def root(self, customer: int) -> int:
        while customer in self.into:
            customer = self.into[customer]
        return customer

    def check(self) -> None:
        assert dict(CustomerIdentifier.objects.values_list("pk", "customer")) == {
            pk: self.root(home) for pk, home in self.home.items()
        }
        assert dict(Conversation.objects.values_list("pk", "customer")) == {
            pk: self.root(home) for pk, home in self.conversation_home.items()
        }


@given(**_worlds)
@_quiet
def test_at_any_time_everything_is_with_whom_it_belongs(
    now: datetime,
    fields: list[tuple[str, str]],
    conversations: list[int],
    operations: list[tuple[str, tuple[int, int]]],
) -> None:
    clear()
    world = World(build(fields, conversations), now)
    for kind, numbers in operations:
        world.run(kind, numbers)
        world.check()


@given(**_worlds, order=st.randoms(use_true_random=False))
@_quiet
def test_undoing_every_merge_in_any_order_is_as_if_none_had_been(
    now: datetime,
    fields: list[tuple[str, str]],
    conversations: list[int],
    operations: list[tuple[str, tuple[int, int]]],
    order: Any,
) -> None:
    clear()
    world = World(build(fields, conversations), now)
    before = snapshot()
    for kind, numbers in operations:
        if kind != "write":
            world.run(kind, numbers)
    order.shuffle(world.merges)
    for merge in list(world.merges):
        world.undo(merge)
    assert snapshot() == before
    assert not MergedItem.objects.filter(returned_at__isnull=True).exists()


def clear() -> None:
    """Hypothesis runs many examples in one test's transaction."""
    CustomerMerge.objects.all().delete()
    Message.objects.all().delete()
    Conversation.objects.all().delete()
    CustomerIdentifier.objects.all().delete()
    Customer.objects.all().update(merged_into=None)
    Customer.objects.all().delete()


# --- At the same moment -----------------------------------------------------------------------
def race(*works: Callable[[], object]) -> list[Exception]:
    """Runs them in threads that start together; what they raised."""
    together = threading.Barrier(len(works), timeout=60)
    failures: list[Exception] = []

    def run(work: Callable[[], object]) -> None:
        try:
            together.wait()
            work()
        except Exception as error:  # noqa: BLE001  the test reads it
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return failures


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("_round", range(5))
def test_two_who_merge_the_same_pair_crosswise_get_one_merge(
    _round: int, writes: Writes, now: datetime
) -> None:
    alice, phone = two(writes)
    failures = race(
        lambda: merge_customers(survivor=alice, merged=phone, by=None, now=now),
        lambda: merge_customers(survivor=phone, merged=alice, by=None, now=now),
    )
    assert [type(failure) for failure in failures] == [MergeError]
    assert CustomerMerge.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("_round", range(5))
def test_what_arrives_during_a_merge_is_with_the_survivor(
    _round: int, writes: Writes, now: datetime
) -> None:
    alice, phone = two(writes)

    def arrive() -> None:
        with transaction.atomic():
            writes(PHONE, "meanwhile")

    failures = race(
        lambda: merge_customers(survivor=alice, merged=phone, by=None, now=now), arrive, arrive
    )
    assert failures == []
    assert not phone.conversations.exists()
    assert alice.conversations.count() == 4


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_who_undo_the_same_merge_undo_it_once(writes: Writes, now: datetime) -> None:
    alice, phone = two(writes)
    merge = merge_customers(survivor=alice, merged=phone, by=None, now=now)
    undo = lambda: unmerge(merge=merge, by=None, now=now)  # noqa: E731
    assert [type(failure) for failure in race(undo, undo)] == [MergeError]
    assert phone.conversations.count() == alice.conversations.count() == 1
