"""A mention is a suggestion to staff, never a merge."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from crm.mentions import LIMIT, find_addresses, find_code, may_name_address
from crm.merging import MergeError, merge_customers, unmerge
from crm.models import Customer, CustomerMerge, MergeSuggestion, User
from crm.suggestions import accept_suggestion, reject_suggestion, suggest_merges
from tests.crm.conftest import Writes

pytestmark = pytest.mark.django_db
ALICE, PHONE = "alice@example.com", "+4930901820"
RunJobs = Callable[[], int]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I am Alice@Example.com, hello", [("email", "alice@example.com")]),
        ("<alice@example.com>.", [("email", "alice@example.com")]),
        ("mine is a.lice+shop@gmail.com!", [("email", "alice@gmail.com")]),
        ("call +49 (30) 901820 please", [("phone", "+4930901820")]),
        ("case 46: +55 11 8765-4321", [("phone", "+5511987654321")]),
        ("case 46: +52 1 55 1234 5678", [("phone", "+525512345678")]),
        ("030 901820, order 4930901820", []),
        ("alice at example dot com, @alice, a@b", []),
        ("", []),
    ],
)
def test_addresses_are_found_in_text(text: str, found: list[tuple[str, str]]) -> None:
    assert find_addresses(text) == found
    assert may_name_address(text) or not found


@given(st.text())
def test_no_text_breaks_the_search_and_no_address_escapes_the_cheap_look(text: str) -> None:
    found = find_addresses(text)
    assert len(found) <= LIMIT
    assert may_name_address(text) or not found


@given(st.text(alphabet="a@.+-_1 ", max_size=4000))
def test_long_runs_of_what_addresses_are_made_of_take_no_time(text: str) -> None:
    find_addresses(text * 5)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456", "123456"), ("The code is 123 456.", "123456"), ("123-456", "123456"),
        ("123456 or 654321", ""), ("1234567", ""), ("+123456", ""), ("no", ""),
        ("１２３４５６", "123456"),
    ],
)  # fmt: skip
def test_codes_are_found_in_text(text: str, code: str) -> None:
    assert find_code(text) == code


def test_a_mention_is_suggested_once_and_merges_nothing(writes: Writes, run_jobs: RunJobs) -> None:
    alice = writes(ALICE, name="Alice").conversation.customer
    message = writes(PHONE, f"My other address is {ALICE}, secret words", name="Al")
    run_jobs()
    writes(PHONE, f"As I said: {ALICE}")
    run_jobs()
    suggestion = MergeSuggestion.objects.get()
    assert (suggestion.first, suggestion.second) == (alice, message.conversation.customer)
    assert ALICE in suggestion.evidence
    assert "secret" not in suggestion.evidence
    assert suggestion.message == message
    assert not CustomerMerge.objects.exists()
    assert Customer.objects.filter(merged_into=None).count() == 2


def test_a_message_without_an_address_costs_no_job(writes: Writes) -> None:
    ProcrastinateJob.objects.all()._raw_delete("default")
    writes(PHONE, "How do I export 1234567 rows?")
    assert not ProcrastinateJob.objects.filter(task_name__startswith="crm.").exists()


def test_neither_a_name_nor_an_unknown_address_nor_ones_own_suggests(
    writes: Writes, now: datetime
) -> None:
    writes(ALICE, name="Alice Ahmed")
    writes(PHONE, "I am Alice Ahmed", name="Alice Ahmed")
    message = writes(PHONE, f"Write to nobody@example.com or {PHONE}", name="Alice Ahmed")
    assert suggest_merges(message.pk, now=now) == 0
    assert not MergeSuggestion.objects.exists()


@pytest.fixture
def suggestion(writes: Writes, now: datetime) -> MergeSuggestion:
    writes(ALICE, name="Alice")
    suggest_merges(writes(PHONE, ALICE, name="Al").pk, now=now)
    return MergeSuggestion.objects.get()


def test_accepting_merges_with_the_evidence_on_record(
    suggestion: MergeSuggestion, bob: User, now: datetime
) -> None:
    merge = accept_suggestion(suggestion=suggestion, by=bob, now=now)
    assert merge is not None
    assert (merge.reason, merge.by) == (suggestion.evidence, bob)
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.decided_by) == ("accepted", bob)
    with pytest.raises(MergeError, match="decided this already"):
        reject_suggestion(suggestion=suggestion, by=bob, now=now)


def test_what_was_rejected_or_undone_is_not_suggested_again(
    suggestion: MergeSuggestion, writes: Writes, bob: User, now: datetime
) -> None:
    reject_suggestion(suggestion=suggestion, by=bob, now=now)
    assert suggest_merges(writes(PHONE, ALICE).pk, now=now) == 0
    writes("carl@example.com")
    suggest_merges(writes(PHONE, "carl@example.com").pk, now=now)
    second = MergeSuggestion.objects.get(state="open")
    merge = accept_suggestion(suggestion=second, by=bob, now=now)
    assert merge is not None
    unmerge(merge=merge, by=bob, now=now)
    assert suggest_merges(writes(PHONE, "carl@example.com").pk, now=now) == 0


def test_a_suggestion_follows_the_merges_of_its_customers(
    suggestion: MergeSuggestion, writes: Writes, bob: User, now: datetime
) -> None:
    third = writes("carl@example.com", name="Carl").conversation.customer
    merge_customers(survivor=third, merged=suggestion.first, by=bob, now=now)
    merge = accept_suggestion(suggestion=suggestion, by=bob, now=now)
    assert merge is not None
    assert {merge.survivor, merge.merged} == {third, suggestion.second}
    suggestion.refresh_from_db()
    assert suggestion.state == "accepted"


def test_a_merge_by_hand_settles_the_suggestion(
    suggestion: MergeSuggestion, bob: User, now: datetime
) -> None:
    merge_customers(survivor=suggestion.second, merged=suggestion.first, by=bob, now=now)
    suggestion.refresh_from_db()
    assert suggestion.state == "accepted"
